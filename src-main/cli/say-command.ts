import type { Command } from 'commander'
import type { Speaker } from '../ports/audio-device'
import type { SpeechPiece } from '../ports/tts-engine'
import type { CliContext, ExitCode } from './context'
import { randomUUID } from 'node:crypto'
import { AppError } from '../lib/app-error'
import { createSpeechText } from '../text/speech-text'
import { withAudioDevice } from './audio-device'
import { EXIT, guarded, jsonLines } from './context'
import { createFileSpeaker } from './file-audio'

interface SayOptions {
  readonly output?: string
  readonly speed: number
  readonly json?: boolean
}

/** `parley say TEXT`: through the loudspeaker, or with `--output` into a WAV. */
export function registerSay(program: Command, context: CliContext): void {
  program.command('say')
    .argument('<text...>', 'what to say')
    .option('-o, --output <file>', 'write a WAV instead of playing it')
    .option('--speed <factor>', 'from 0.5 to 2', Number, 1)
    .option('--json', 'one event a line')
    .description('speak a text with the embedded voice')
    .action((words: string[], options: SayOptions) => {
      const tell = options.json ? jsonLines(context, randomUUID()) : null
      return guarded(context, tell, async () => {
        if (!(options.speed >= 0.5 && options.speed <= 2))
          throw new AppError('bad-input', 'The speed must be a number from 0.5 to 2.')
        const pieces = piecesOf(words.join(' '))
        if (pieces.length === 0)
          throw new AppError('bad-input', 'There is nothing in this text that can be spoken.')
        const code = options.output === undefined
          ? await withAudioDevice(context, device => speak(context, pieces, options.speed, device.speaker))
          : await sayIntoFile(context, pieces, options.speed, options.output)
        tell?.('done', { pieces: pieces.length })
        return code
      })
    })
}

function piecesOf(text: string): SpeechPiece[] {
  const speech = createSpeechText()
  return [...speech.push(text), ...speech.end()].map((segment, index) => ({ index, text: segment.text }))
}

async function sayIntoFile(context: CliContext, pieces: readonly SpeechPiece[], speed: number, output: string): Promise<ExitCode> {
  const speaker = createFileSpeaker()
  await speak(context, pieces, speed, speaker)
  await speaker.save(output)
  return EXIT.ok
}

async function speak(context: CliContext, pieces: readonly SpeechPiece[], speed: number, speaker: Pick<Speaker, 'play'>): Promise<ExitCode> {
  await using engines = await context.startEngines(['tts'])
  const { signal } = context
  async function* source(): AsyncGenerator<SpeechPiece> {
    yield* pieces
  }
  await speaker.play(engines.tts.synthesize(source(), { signal, speed }), { signal })
  signal.throwIfAborted()
  return EXIT.ok
}
