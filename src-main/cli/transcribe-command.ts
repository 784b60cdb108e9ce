import type { Command } from 'commander'
import type { AudioFrame } from '../ports/audio-frame'
import type { RouteReport } from '../ports/route'
import type { TranscriptFormat } from '../text/transcript-format'
import type { CliContext, ExitCode, Tell } from './context'
import type { Sink } from './transcript-sink'
import type { EngineChoice, TurnEngines } from './turn-engines'
import { randomUUID } from 'node:crypto'
import { readAudio } from '../audio/read-audio'
import { soundLengthMs } from '../audio/sound-length'
import { AppError, toAppError } from '../lib/app-error'
import { TRANSCRIPT_FORMATS } from '../text/transcript-format'
import { EXIT, guarded, jsonLines } from './context'
import { leftBy } from './route-lines'
import { createSoundProgress } from './sound-progress'
import { formatOfName, planOutputs } from './transcript-files'
import { fileSink, streamSink, textSink } from './transcript-sink'
import { addChoiceOptions, openTurnEngines } from './turn-engines'

interface TranscribeOptions extends EngineChoice {
  readonly json?: boolean
  readonly format?: string
  readonly output?: string
  readonly force?: boolean
}

/** `parley transcribe FILE…`: what is said in sound files, in their order. `-` is standard input (WAV, or raw 16-bit mono at 16 kHz). */
export function registerTranscribe(program: Command, context: CliContext): void {
  const command = program.command('transcribe')
    .argument('<files...>', 'WAV files, or - for standard input')
    .option('--format <format>', `${TRANSCRIPT_FORMATS.join(', ')}: text alone, subtitles, or all of it as data (default: by the name of --output, else txt)`)
    .option('--output <path>', 'write into this file, or for several sounds into files in this folder')
    .option('--force', 'replace files that are there already')
    .option('--json', 'one event a line')
    .description('write down what is said in sound files')
  addChoiceOptions(command, ['asr']).action((files: string[], options: TranscribeOptions) => {
    const tell = options.json ? jsonLines(context, randomUUID()) : null
    return guarded(context, tell, async () => transcribeAll(context, files, options, await planSinks(context, files, options), tell))
  })
}

type MakeSink = (file: string, at: number) => Promise<Sink | null>

/** Looks at the options before anything is loaded. Throws `bad-input`. */
async function planSinks(context: CliContext, files: readonly string[], { output, format: wanted, json, force = false }: TranscribeOptions): Promise<MakeSink> {
  const format = formatFrom(wanted ?? (output === undefined ? 'txt' : formatOfName(output) ?? 'txt'))
  if (output !== undefined) {
    const paths = await planOutputs(files, output, format)
    return (file, at) => fileSink(paths[at] as string, format, file, force)
  }
  if (json) {
    if (wanted !== undefined)
      throw new AppError('bad-input', '--json writes events: use either --json or --format, or name a file with --output.')
    return async () => null
  }
  if (format === 'txt')
    return async file => textSink(context.stdout, files.length > 1 ? `${file}: ` : '', context.signal)
  if (files.length > 1 && format !== 'json')
    throw new AppError('bad-input', `Several sounds are no one ${format} file: name a folder with --output.`)
  return async file => streamSink(context.stdout, format, file, context.signal)
}

function formatFrom(name: string): TranscriptFormat {
  const format = TRANSCRIPT_FORMATS.find(known => known === name)
  if (!format)
    throw new AppError('bad-input', `There is no format ${name}. There are: ${TRANSCRIPT_FORMATS.join(', ')}.`)
  return format
}

async function transcribeAll(context: CliContext, files: readonly string[], options: TranscribeOptions, sinkFor: MakeSink, tell: Tell | null): Promise<ExitCode> {
  await using engines = await openTurnEngines(context, ['asr'], options)
  let failed = false
  let words = false
  for (const [at, file] of files.entries()) {
    try {
      const text = await transcribeOne(context, engines, file, () => sinkFor(file, at), tell)
      words ||= text !== ''
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

async function transcribeOne(context: CliContext, { asr }: Pick<TurnEngines, 'asr'>, file: string, makeSink: () => Promise<Sink | null>, tell: Tell | null): Promise<string> {
  const { signal, stdin, stderr, clock } = context
  const source = file === '-' ? stdin as AsyncIterable<Uint8Array> & NodeJS.ReadableStream : file
  const progress = createSoundProgress(stderr, file, file === '-' ? null : await soundLengthMs(file), clock)
  let route: RouteReport | null = null
  const onRoute = (report: RouteReport): void => {
    route = report
    tell?.('routes', { file, routes: { asr: report } })
  }
  let durationMs = 0
  const sound = readAudio(source, { signal })
  const frames = await begun(sound, (frame) => {
    durationMs = frame.capturedAtMs + frame.samples.length / frame.sampleRate * 1000
    progress.report(durationMs)
  })
  const sink = await makeSink().catch((error: unknown) => {
    letGo(sound)
    throw error
  })
  let text = ''
  try {
    for await (const event of asr.transcribe(frames, { signal, onRoute })) {
      tell?.(event.type, { file, ...withoutType(event) })
      if (event.type === 'phrase')
        await sink?.phrase(event)
      if (event.type === 'final')
        text = event.text
    }
    progress.clear()
    await sink?.finish({ text, durationMs })
    return text
  }
  catch (error) {
    progress.clear()
    const part = await sink?.abandon({ text, durationMs })
    if (part && !tell)
      stderr.write(`What was written down so far is in ${part}.\n`)
    throw error
  }
  finally {
    letGo(sound)
    if (!tell && !signal.aborted)
      stderr.write(leftBy(route).map(line => `${file}: ${line}\n`).join(''))
  }
}

/** Not waited for: it may itself be waiting for more of standard input. */
function letGo(sound: AsyncGenerator<AudioFrame>): void {
  sound.return(undefined).catch(() => {})
}

/** What is no sound throws here: it is no fault of whoever would have heard it. */
async function begun(frames: AsyncGenerator<AudioFrame>, onFrame: (frame: AudioFrame) => void): Promise<AsyncIterable<AudioFrame>> {
  const first = await frames.next()
  return (async function* () {
    for (let next = first; !next.done; next = await frames.next()) {
      onFrame(next.value)
      yield next.value
    }
  })()
}

/** `atMs` of an event is a place in the sound; on the line it is the time of the telling. */
function withoutType(event: object): Readonly<Record<string, unknown>> {
  const { type: _, atMs: positionMs, ...rest } = event as { type: string, atMs?: number }
  return positionMs === undefined ? rest : { ...rest, positionMs }
}
