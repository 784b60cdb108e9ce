/** Says whether the user who runs it may open the sound cards of a folder. */
import process from 'node:process'
import { soundCardDenied } from '../../../src-main/audio/refusal'

void soundCardDenied(process.argv[2]).then(denial => process.stdout.write(JSON.stringify(denial ? { code: denial.code, message: denial.message } : null)))
