import type { Command } from 'commander'
import type { Speaker } from '../ports/audio-device'
import type { RouteReport } from '../ports/route'
import type { SpeechPiece } from '../ports/tts-engine'
import type { CliContext, Tell } from './context'
import type { EngineChoice } from './turn-engines'
import { randomUUID } from 'node:crypto'
import { AppError } from '../lib/app-error'
import { createSpeechText } from '../text/speech-text'
import { withAudioDevice } from './audio-device'
import { EXIT, guarded, jsonLines } from './context'
import { createFileSpeaker } from './file-audio'
import { leftBy, servedBy } from './route-lines'
import { addChoiceOptions, openTurnEngines } from './turn-engines'

interface SayOptions extends EngineChoice {
  readonly output?: string
  readonly speed: number
  readonly json?: boolean
}

/** `parley say TEXT`: through the loudspeaker, or with `--output` into a WAV. */
export function registerSay(program: Command, context: CliContext): void {
  const command = program.command('say')
    .argument('<text...>', 'what to say')
    .option('-o, --output <file>', 'write a WAV instead of playing it')
    .option('--speed <factor>', 'from 0.5 to 2', Number, 1)
    .option('--voice <voice>', 'the voice of the service that --tts names')
    .option('--json', 'one event a line')
    .description('speak a text')
  addChoiceOptions(command, ['tts']).action((words: string[], options: SayOptions) => {
    const tell = options.json ? jsonLines(context, randomUUID()) : null
    return guarded(context, tell, async () => {
      if (!(options.speed >= 0.5 && options.speed <= 2))
        throw new AppError('bad-input', 'The speed must be a number from 0.5 to 2.')
      const pieces = piecesOf(words.join(' '))
      if (pieces.length === 0)
        throw new AppError('bad-input', 'There is nothing in this text that can be spoken.')
      const { output } = options
      const route = output === undefined
        ? await withAudioDevice(context, device => speak(context, pieces, options, device.speaker, tell))
        : await sayIntoFile(context, pieces, { ...options, output }, tell)
      tell?.('done', { pieces: pieces.length, output: output ?? null, servedBy: route ? servedBy({ tts: route }) : {} })
      return EXIT.ok
    })
  })
}

function piecesOf(text: string): SpeechPiece[] {
  const speech = createSpeechText()
  return [...speech.push(text), ...speech.end()].map((segment, index) => ({ index, text: segment.text }))
}

async function sayIntoFile(context: CliContext, pieces: readonly SpeechPiece[], options: SayOptions & { readonly output: string }, tell: Tell | null): Promise<RouteReport | null> {
  const speaker = createFileSpeaker()
  const route = await speak(context, pieces, options, speaker, tell)
  await speaker.save(options.output)
  return route
}

/** Resolves with who spoke. */
async function speak(context: CliContext, pieces: readonly SpeechPiece[], options: SayOptions, speaker: Pick<Speaker, 'play'>, tell: Tell | null): Promise<RouteReport | null> {
  await using engines = await openTurnEngines(context, ['tts'], options)
  const { signal, stderr } = context
  async function* source(): AsyncGenerator<SpeechPiece> {
    yield* pieces
  }
  let route: RouteReport | null = null
  const onRoute = (report: RouteReport): void => {
    route = report
    tell?.('routes', { routes: { tts: report } })
  }
  try {
    await speaker.play(engines.tts.synthesize(source(), { signal, speed: options.speed, onRoute }), { signal })
  }
  finally {
    if (!tell && !signal.aborted)
      stderr.write(leftBy(route).map(line => `${line}\n`).join(''))
  }
  signal.throwIfAborted()
  return route
}
