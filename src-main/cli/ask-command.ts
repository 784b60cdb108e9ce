import type { Command } from 'commander'
import type { RunnerEvent, TurnRunner } from '../conversation/runner-types'
import type { Speaker } from '../ports/audio-device'
import type { HopTimes, StoredTurn } from '../ports/conversation-store'
import type { CliContext, ExitCode, Tell } from './context'
import { Buffer } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { readAudio } from '../audio/read-audio'
import { createTurnRunner } from '../conversation/turn-runner'
import { systemPrompt } from '../core/system-prompt'
import { AppError } from '../lib/app-error'
import { createSpeechText } from '../text/speech-text'
import { withAudioDevice } from './audio-device'
import { EXIT, guarded, jsonLines } from './context'
import { createFileMicrophone, createFileSpeaker } from './file-audio'
import { createMemoryStore } from './memory-store'

interface AskOptions {
  readonly output?: string
  readonly play?: boolean
  readonly json?: boolean
}

/**
 * `parley ask FILE|-`: one turn of the conversation with a file in the microphone's place. The answer is written as
 * it comes; with `--output` its voice goes into a WAV, with `--play` to the loudspeaker.
 */
export function registerAsk(program: Command, context: CliContext): void {
  program.command('ask')
    .argument('<file>', 'a WAV with a question, or - for standard input (WAV, or raw 16-bit mono at 16 kHz)')
    .option('-o, --output <file>', 'write the spoken answer to a WAV')
    .option('--play', 'speak the answer through the loudspeaker')
    .option('--json', 'one event a line')
    .description('answer a spoken question')
    .action((file: string, options: AskOptions) => {
      const tell = options.json ? jsonLines(context, randomUUID()) : null
      return guarded(context, tell, async () => {
        if (!options.play)
          return await ask(context, file, options, createFileSpeaker(), tell)
        if (options.output !== undefined)
          throw new AppError('bad-input', 'Use either --output or --play.')
        return await withAudioDevice(context, device => ask(context, file, options, device.speaker, tell))
      })
    })
}

/** Reads all of standard input: a stream can be read once, and the turn may be retried from its take. */
async function questionSource(context: CliContext, file: string): Promise<string | Uint8Array> {
  if (file !== '-')
    return file
  const blocks: Buffer[] = []
  for await (const block of context.stdin)
    blocks.push(Buffer.from(block))
  return Buffer.concat(blocks)
}

async function ask(context: CliContext, file: string, options: AskOptions, speaker: Pick<Speaker, 'play'>, tell: Tell | null): Promise<ExitCode> {
  const { signal, clock, logger } = context
  const source = await questionSource(context, file)
  const read = () => readAudio(typeof source === 'string' ? source : once(source), { signal })
  // A file that is no sound is told before the models are loaded.
  const first = read()
  await first.next()
  await first.return()
  const spoken = options.output !== undefined || options.play === true
  await using engines = await context.startEngines(spoken ? ['asr', 'chat', 'tts'] : ['asr', 'chat'])
  await Promise.all([engines.ready('asr'), engines.ready('chat'), ...(spoken ? [engines.ready('tts')] : [])])
  const runner: TurnRunner = createTurnRunner({
    microphone: createFileMicrophone(file, read, () => runner.keyUp(clock.nowMs())),
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
    settings: () => ({ mode: 'hold', voiceEnabled: spoken, speed: 1, volume: 1, maxTokens: 512, systemPrompt: systemPrompt('') }),
    newId: randomUUID,
  })
  try {
    const turn = await oneTurn(context, runner, tell)
    return await report(context, turn, options, speaker, tell)
  }
  finally {
    await runner.dispose()
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** Presses the key, lets the file speak, and waits for the turn's end. Null: nothing was said. */
async function oneTurn({ signal, clock, stdout }: CliContext, runner: TurnRunner, tell: Tell | null): Promise<StoredTurn | null> {
  let last: StoredTurn | null = null
  let asked = false
  const over = new Promise<void>((resolve) => {
    runner.events.subscribe((event) => {
      if (tell)
        tellEvent(tell, event)
      if (event.type === 'turn') {
        if (!asked && event.turn.userText !== '' && !tell)
          stdout.write(`You: ${event.turn.userText}\nParley: `)
        asked ||= event.turn.userText !== ''
        last = event.turn
      }
      if (event.type === 'tokens' && event.kind === 'text' && !tell)
        stdout.write(event.text)
      if (event.type === 'state' && (event.state === 'idle' || event.state === 'failed'))
        resolve()
    })
  })
  const stop = (): void => runner.stop()
  signal.addEventListener('abort', stop, { once: true })
  runner.keyDown(clock.nowMs())
  await over
  await runner.settled()
  signal.removeEventListener('abort', stop)
  signal.throwIfAborted()
  return last
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

const HOP_NAMES: readonly (readonly [keyof HopTimes, string])[] = [
  ['transcriptMs', 'transcript'],
  ['firstTokenMs', 'first token'],
  ['firstPieceMs', 'first piece to say'],
  ['firstAudioMs', 'first sound made'],
  ['firstSoundMs', 'first sound out'],
  ['replyEndMs', 'answer complete'],
]

async function report(context: CliContext, turn: StoredTurn | null, options: AskOptions, speaker: Pick<Speaker, 'play'>, tell: Tell | null): Promise<ExitCode> {
  if (turn === null || turn.userText === '') {
    if (turn?.errorCode)
      throw new AppError('internal', `The question could not be answered (${turn.errorCode}).`)
    if (!tell)
      context.stderr.write('Nothing was said in this file.\n')
    return EXIT.nothingSaid
  }
  if (options.output !== undefined && 'save' in speaker)
    await (speaker as ReturnType<typeof createFileSpeaker>).save(options.output)
  if (tell) {
    tell('done', { end: turn.end, output: options.output ?? null })
  }
  else {
    context.stdout.write('\n\nms after the question ended:\n')
    for (const [key, name] of HOP_NAMES) {
      const value = turn.hops[key]
      if (value !== undefined)
        context.stdout.write(`  ${name.padEnd(20)}${String(Math.round(value)).padStart(6)}\n`)
    }
    if (options.output !== undefined)
      context.stdout.write(`\nThe spoken answer is in ${options.output}\n`)
  }
  return turn.end === 'failed' ? EXIT.failed : EXIT.ok
}
