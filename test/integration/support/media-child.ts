/** Holds other programs' sound until it is killed: `STATE_FILE pause|mute`. */
import type { MediaQuiet } from '../../../src-main/ports/media-control'
import process from 'node:process'
import { createStreamMute } from '../../../src-main/audio/stream-mute'
import { createMediaControl } from '../../../src-main/desktop/media/media-control'
import { systemClock } from '../../../src-main/ports/clock'
import { silentLogger } from '../../../src-main/ports/logger'

const [stateFile = '', how] = process.argv.slice(2)
const control = createMediaControl({ env: process.env, clock: systemClock, logger: silentLogger, stateFile, mute: createStreamMute({ env: process.env }) })
control.hold(how as MediaQuiet)
setInterval(() => {}, 60_000)
