import type { Command } from 'commander'
import type { AudioFrame } from '../ports/audio-frame'
import type { RouteReport } from '../ports/route'
import type { CliContext, ExitCode, Tell } from './context'
import type { EngineChoice, TurnEngines } from './turn-engines'
import { randomUUID } from 'node:crypto'
import { readAudio } from '../audio/read-audio'
import { toAppError } from '../lib/app-error'
import { EXIT, guarded, jsonLines } from './context'
import { leftBy } from './route-lines'
import { addChoiceOptions, openTurnEngines } from './turn-engines'

interface TranscribeOptions extends EngineChoice { readonly json?: boolean }

/** `parley transcribe FILE…`: what is said in sound files, in their order. `-` is standard input (WAV, or raw 16-bit mono at 16 kHz). */
export function registerTranscribe(program: Command, context: CliContext): void {
  const command = program.command('transcribe')
    .argument('<files...>', 'WAV files, or - for standard input')
    .option('--json', 'one event a line')
    .description('write down what is said in sound files')
  addChoiceOptions(command, ['asr']).action((files: string[], options: TranscribeOptions) => {
    const tell = options.json ? jsonLines(context, randomUUID()) : null
    return guarded(context, tell, () => transcribeAll(context, files, options, tell))
  })
}

async function transcribeAll(context: CliContext, files: readonly string[], options: TranscribeOptions, tell: Tell | null): Promise<ExitCode> {
  await using engines = await openTurnEngines(context, ['asr'], options)
  let failed = false
  let words = false
  for (const file of files) {
    try {
      const text = await transcribeOne(context, engines, file, tell)
      words ||= text !== ''
      if (!tell)
        context.stdout.write(files.length > 1 ? `${file}: ${text}\n` : `${text}\n`)
    }
    catch (error) {
      if (context.signal.aborted)
        throw error
      // The other files are still worth reading.
      failed = true
      const failure = toAppError(error)
      if (tell)
        tell('error', { file, code: failure.code, message: failure.message })
      else
        context.stderr.write(`${file}: ${failure.message}\n`)
    }
  }
  return failed ? EXIT.failed : words ? EXIT.ok : EXIT.nothingSaid
}

async function transcribeOne({ signal, stdin, stderr }: CliContext, { asr }: Pick<TurnEngines, 'asr'>, file: string, tell: Tell | null): Promise<string> {
  const source = file === '-' ? stdin as AsyncIterable<Uint8Array> & NodeJS.ReadableStream : file
  let text = ''
  let route: RouteReport | null = null
  const onRoute = (report: RouteReport): void => {
    route = report
    tell?.('routes', { file, routes: { asr: report } })
  }
  const sound = readAudio(source, { signal })
  const frames = await begun(sound)
  try {
    for await (const event of asr.transcribe(frames, { signal, onRoute })) {
      tell?.(event.type, { file, ...withoutType(event) })
      if (event.type === 'final')
        text = event.text
    }
  }
  finally {
    // Not waited for: it may itself be waiting for more of standard input.
    sound.return().catch(() => {})
    if (!tell && !signal.aborted)
      stderr.write(leftBy(route).map(line => `${file}: ${line}\n`).join(''))
  }
  return text
}

/** What is no sound throws here: it is no fault of whoever would have heard it. */
async function begun(frames: AsyncGenerator<AudioFrame>): Promise<AsyncIterable<AudioFrame>> {
  const first = await frames.next()
  return (async function* () {
    if (!first.done)
      yield first.value
    yield* frames
  })()
}

/** `atMs` of an event is a place in the sound; on the line it is the time of the telling. */
function withoutType(event: object): Readonly<Record<string, unknown>> {
  const { type: _, atMs: positionMs, ...rest } = event as { type: string, atMs?: number }
  return positionMs === undefined ? rest : { ...rest, positionMs }
}
