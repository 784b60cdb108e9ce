import type { Command } from 'commander'
import type { RunnerEvent, TurnRunner } from '../conversation/runner-types'
import type { Speaker } from '../ports/audio-device'
import type { AudioFrame } from '../ports/audio-frame'
import type { StoredTurn } from '../ports/conversation-store'
import type { EnginePart } from '../ports/route'
import type { CliContext, ExitCode, Tell } from './context'
import type { FileSpeaker } from './file-audio'
import type { EngineChoice } from './turn-engines'
import { Buffer } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { readAudio } from '../audio/read-audio'
import { createTurnRunner } from '../conversation/turn-runner'
import { systemPrompt } from '../core/system-prompt'
import { AppError } from '../lib/app-error'
import { pullFrom } from '../lib/pull-from'
import { createSpeechText } from '../text/speech-text'
import { createAnswerPage, hopTable } from './answer-page'
import { withAudioDevice } from './audio-device'
import { EXIT, guarded, jsonLines } from './context'
import { createFileMicrophone, createFileSpeaker } from './file-audio'
import { createMemoryStore } from './memory-store'
import { leftLines, servedBy } from './route-lines'
import { addChoiceOptions, openTurnEngines } from './turn-engines'

interface AskOptions extends EngineChoice {
  readonly text?: string
  readonly output?: string
  readonly play?: boolean
  readonly json?: boolean
}

/** What is asked: words, or a sound that can be read as often as the turn needs it. */
type Question
  = | { readonly text: string }
    | { readonly file: string, readonly read: () => AsyncIterable<AudioFrame> }

type Voice = Pick<Speaker, 'play'> & Partial<Pick<FileSpeaker, 'save'>>

/**
 * `parley ask FILE|-`, `parley ask --text TEXT`: one turn of the conversation, with a file in the microphone's place, or
 * typed. The answer is written as it comes; with `--output` its voice goes into a WAV, with `--play` to the loudspeaker.
 */
export function registerAsk(program: Command, context: CliContext): void {
  const command = program.command('ask')
    .argument('[file]', 'a WAV with a question, or - for standard input (WAV, or raw 16-bit mono at 16 kHz)')
    .option('-t, --text <question>', 'a typed question instead of a spoken one')
    .option('-o, --output <file>', 'write the spoken answer to a WAV')
    .option('--play', 'speak the answer through the loudspeaker')
    .option('--json', 'one event a line')
    .description('answer a question')
  addChoiceOptions(command, ['chat', 'asr', 'tts']).action((file: string | undefined, options: AskOptions) => {
    const tell = options.json ? jsonLines(context, randomUUID()) : null
    return guarded(context, tell, async () => {
      checkUsage(file, options)
      const question = await questionOf(context, file, options)
      if (!options.play)
        return await ask(context, question, options, createFileSpeaker(), tell)
      return await withAudioDevice(context, device => ask(context, question, options, device.speaker, tell))
    })
  })
}

function checkUsage(file: string | undefined, { text, play, output }: AskOptions): void {
  if (file === undefined && text === undefined)
    throw new AppError('bad-input', 'What is the question? Name a sound file, - for standard input, or --text "…".')
  if (file !== undefined && text !== undefined)
    throw new AppError('bad-input', 'Use either a sound file or --text.')
  if (text?.trim() === '')
    throw new AppError('bad-input', 'The question is empty.')
  if (play && output !== undefined)
    throw new AppError('bad-input', 'Use either --output or --play.')
}

async function questionOf(context: CliContext, file: string | undefined, { text }: AskOptions): Promise<Question> {
  if (file === undefined)
    return { text: text ?? '' }
  const { signal } = context
  const source = await soundSource(context, file)
  const read = (): ReturnType<typeof readAudio> => readAudio(typeof source === 'string' ? source : once(source), { signal })
  // A file that is no sound is told before the models are loaded.
  const first = read()
  await first.next()
  await first.return()
  return { file, read }
}

/** Reads all of standard input: a stream can be read once, and the turn may be retried from its take. */
async function soundSource({ stdin, signal }: CliContext, file: string): Promise<string | Uint8Array> {
  if (file !== '-')
    return file
  const blocks: Buffer[] = []
  for await (const block of pullFrom(stdin as AsyncIterable<string | Uint8Array>, signal))
    blocks.push(Buffer.from(block as Uint8Array))
  return Buffer.concat(blocks)
}

async function ask(context: CliContext, question: Question, options: AskOptions, speaker: Voice, tell: Tell | null): Promise<ExitCode> {
  const { clock, logger } = context
  const spoken = options.output !== undefined || options.play === true
  const parts: EnginePart[] = [...('text' in question ? [] : ['asr' as const]), 'chat', ...(spoken ? ['tts' as const] : [])]
  if (!tell)
    tellUnused(context, options, parts)
  await using engines = await openTurnEngines(context, parts, options)
  const typed = 'text' in question
  const read = typed ? nothing : question.read
  const runner: TurnRunner = createTurnRunner({
    microphone: createFileMicrophone(typed ? '' : question.file, read, () => runner.keyUp(clock.nowMs())),
    speaker,
    asr: engines.asr,
    chat: engines.chat,
    tts: engines.tts,
    store: createMemoryStore(),
    clock,
    logger,
    createSpeechText,
    keyIsDown: async () => true,
    readTake: read,
    // What was said before its end is nobody's outside.
    settings: () => ({ mode: 'hold', voiceEnabled: spoken, speed: 1, volume: 1, maxTokens: 512, systemPrompt: systemPrompt(''), speculate: engines.isNear('chat') }),
    newId: randomUUID,
  })
  try {
    const turn = await oneTurn(context, runner, () => typed ? runner.ask(question.text) : runner.keyDown(clock.nowMs()), tell)
    return await report(context, turn, options, speaker, tell)
  }
  finally {
    await runner.dispose()
  }
}

function tellUnused({ stderr }: CliContext, options: AskOptions, parts: readonly EnginePart[]): void {
  if (options.asr !== undefined && !parts.includes('asr'))
    stderr.write('A typed question is not listened to: --asr is not used.\n')
  if (options.tts !== undefined && !parts.includes('tts'))
    stderr.write('Nothing is spoken without --output or --play: --tts is not used.\n')
}

async function* nothing(): AsyncGenerator<AudioFrame> {}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

interface Ended {
  /** Null: nothing was said. */
  readonly turn: StoredTurn | null
  /** What went wrong and did not end the turn, or ended it before there was one. */
  readonly errorCode: string | null
  readonly voiceFailed: string | null
}

/** Asks, and waits for the turn's end. */
async function oneTurn(context: CliContext, runner: TurnRunner, begin: () => void, tell: Tell | null): Promise<Ended> {
  const { signal } = context
  let ended: Ended = { turn: null, errorCode: null, voiceFailed: null }
  const page = tell ? null : createAnswerPage(context)
  let unsubscribe = (): void => {}
  const over = new Promise<void>((resolve) => {
    unsubscribe = runner.events.subscribe((event) => {
      if (tell)
        tellEvent(tell, event)
      page?.take(event)
      if (event.type === 'turn')
        ended = { ...ended, turn: event.turn }
      if (event.type === 'notice' && event.code === 'voice-failed')
        ended = { ...ended, voiceFailed: event.errorCode }
      if (event.type === 'state' && (event.state === 'idle' || event.state === 'failed')) {
        ended = { ...ended, errorCode: event.errorCode }
        resolve()
      }
    })
  })
  const stop = (): void => runner.stop()
  signal.addEventListener('abort', stop, { once: true })
  signal.throwIfAborted()
  begin()
  await over
  await runner.settled()
  // What comes when the runner is put away is no part of the turn.
  unsubscribe()
  signal.removeEventListener('abort', stop)
  page?.end()
  signal.throwIfAborted()
  return ended
}

function tellEvent(tell: Tell, event: RunnerEvent): void {
  switch (event.type) {
    case 'state': return tell('state', { state: event.state, errorCode: event.errorCode, hint: event.hint })
    case 'partial': return event.partial === null ? undefined : tell('partial', { text: event.partial.text, stableChars: event.partial.stableChars })
    case 'turn': return tell('turn', { userText: event.turn.userText, replyText: event.turn.replyText, end: event.turn.end, errorCode: event.turn.errorCode })
    case 'tokens': return tell('tokens', { kind: event.kind, text: event.text })
    case 'spoken': return tell('spoken', { pieceIndex: event.pieceIndex, text: event.text })
    case 'routes': return tell('routes', { routes: event.routes })
    case 'hops': return tell('hops', { hops: event.hops })
    case 'capture': return tell('capture', { durationMs: event.durationMs, missingFrames: event.missingFrames })
    case 'notice': return tell('notice', { code: event.code, errorCode: event.errorCode })
    case 'conversation': return undefined
  }
}

async function report(context: CliContext, { turn, errorCode, voiceFailed }: Ended, options: AskOptions, speaker: Voice, tell: Tell | null): Promise<ExitCode> {
  const { stdout, stderr } = context
  const end = turn?.end ?? (errorCode === null ? null : 'failed')
  if (end !== 'failed' && (turn === null || turn.userText === '')) {
    if (!tell)
      stderr.write('Nothing was said in this file.\n')
    return EXIT.nothingSaid
  }
  const saved = options.output !== undefined && await speaker.save?.(options.output) === true ? options.output : null
  const failures = [
    ...(end === 'failed' ? [failureLine(turn, turn?.errorCode ?? errorCode ?? 'internal')] : []),
    ...(voiceFailed === null ? [] : [`The answer could not be spoken${saved === null ? '' : ' to its end'} (${voiceFailed}).`]),
  ]
  if (tell) {
    for (const message of failures)
      tell('error', { code: turn?.errorCode ?? errorCode ?? voiceFailed, message })
    tell('done', { end, output: saved, servedBy: servedBy(turn?.routes ?? {}) })
  }
  else {
    stdout.write(turn === null ? '' : hopTable(turn))
    stderr.write(end === 'truncated' ? 'The answer was cut short.\n' : '')
    stderr.write(failures.map(line => `${line}\n`).join(''))
    stdout.write(saved === null ? '' : `\nThe spoken answer is in ${saved}\n`)
  }
  return failures.length > 0 ? EXIT.failed : EXIT.ok
}

/** In the middle of which part, and why. */
function failureLine(turn: StoredTurn | null, code: string): string {
  const failed = turn?.userText === '' ? turn.routes.asr : turn?.routes.chat
  const reasons = failed && failed.attempts.every(({ outcome }) => outcome !== 'served') ? leftLines(failed) : []
  const what = turn === null || turn.userText === '' ? 'The question could not be heard' : turn.replyText === '' ? 'There is no answer' : 'The answer broke off'
  return reasons.length === 0 ? `${what} (${code}).` : `${what}. ${reasons.join('; ')}.`
}
