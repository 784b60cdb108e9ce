import type { Command } from 'commander'
import type { AppError } from '../lib/app-error'
import type { AudioDevice, Take } from '../ports/audio-device'
import type { CliContext } from './context'
import type { Finding } from './finding'
import { randomUUID } from 'node:crypto'
import { access, constants, rm, statfs } from 'node:fs/promises'
import process from 'node:process'
import { LevelMeter } from '../audio/level'
import { parseAccelerator } from '../desktop/accelerator'
import { sendControl } from '../desktop/control-socket'
import { createHotkeySource } from '../desktop/hotkey-source'
import { toAppError } from '../lib/app-error'
import { makeDataFolders } from '../storage/paths'
import { withAudioDevice } from './audio-device'
import { EXIT, guarded } from './context'
import { dictationFindings } from './doctor-dictation'
import { serviceFindings } from './doctor-services'

/** How long the microphone is listened to. */
const LISTEN_MS = 700
const NO_DEVICE_ADVICE = 'Plug one in, or start the sound server (PipeWire or PulseAudio).'
const LOW_SPACE_BYTES = 500 * 1024 * 1024

/** `parley doctor`: checks what Parley stands on, and says what to do for each fault. Exit code 1 when there is a fault. */
export function registerDoctor(program: Command, context: CliContext): void {
  program.command('doctor')
    .option('--json', 'one JSON object a line')
    .option('--services', 'ask each service too: tiny real requests')
    .description('check runtime, sound, models, services, hotkey, display and folders')
    .action((options: { readonly json?: boolean, readonly services?: boolean }) => guarded(context, null, async () => {
      let faults = 0
      for await (const finding of findings(context, options.services === true)) {
        faults += finding.state === 'fault' ? 1 : 0
        if (options.json) {
          context.stdout.write(`${JSON.stringify({ type: 'finding', ...finding })}\n`)
          continue
        }
        const mark = { ok: 'ok     ', warning: 'warning', fault: 'FAULT  ' }[finding.state]
        context.stdout.write(`${mark}  ${finding.check.padEnd(12)}  ${finding.detail}\n${finding.advice ? `         ${''.padEnd(12)}  → ${finding.advice}\n` : ''}`)
      }
      return faults > 0 ? EXIT.failed : EXIT.ok
    }))
}

async function* findings(context: CliContext, askServices: boolean): AsyncGenerator<Finding> {
  yield runtime(context)
  yield await folders(context)
  yield* models(context)
  yield* serviceFindings(context, askServices)
  yield display(context)
  const running = await isRunning(context)
  yield await hotkey(context, running)
  yield* dictationFindings(context)
  yield* sound(context, running)
}

function runtime({ env }: CliContext): Finding {
  const electron = process.versions['electron']
  const source = env['PARLEY_RUNTIME_SOURCE']
  return {
    check: 'runtime',
    state: 'ok',
    detail: `Node ${process.versions.node}${electron ? `, Electron ${electron}` : ''}${source ? ` (${source})` : ''}, ${process.platform} ${process.arch}`,
  }
}

async function folders({ paths }: CliContext): Promise<Finding> {
  try {
    await makeDataFolders(paths)
    await access(paths.dataDir, constants.W_OK)
    const { bavail, bsize } = await statfs(paths.dataDir)
    const free = bavail * bsize
    return free < LOW_SPACE_BYTES
      ? { check: 'folders', state: 'warning', detail: `${paths.dataDir}: only ${Math.round(free / 1024 / 1024)} MiB free`, advice: 'Make room: recordings and models need space.' }
      : { check: 'folders', state: 'ok', detail: paths.dataDir }
  }
  catch (error) {
    return { check: 'folders', state: 'fault', detail: toAppError(error).message, advice: `Make ${paths.dataDir} writable, or set PARLEY_DATA_DIR to a folder that is.` }
  }
}

/** What a service does as well is only worse without a model. */
async function* models(context: CliContext): AsyncGenerator<Finding> {
  const store = context.models()
  const { services } = context.settings.get()
  for (const kind of ['asr', 'vad', 'tts', 'chat'] as const) {
    const part = kind === 'vad' ? 'asr' : kind
    const state = services.some(service => service.enabled && service[part] !== null) ? 'warning' : 'fault'
    try {
      const model = await store.resolveDefault(kind)
      const { faults } = await store.verify(model.id, { signal: context.signal })
      yield faults.length === 0
        ? { check: `model ${kind}`, state: 'ok', detail: `${model.id}, every byte checked` }
        : { check: `model ${kind}`, state, detail: `${model.id} is damaged: ${faults.map(fault => fault.file).join(', ')}`, advice: `Run: parley models install ${model.id}` }
    }
    catch (error) {
      context.signal.throwIfAborted()
      yield { check: `model ${kind}`, state, detail: toAppError(error).message, advice: 'Run: parley models install --defaults' }
    }
  }
}

function display({ env }: CliContext): Finding {
  if (process.platform !== 'linux')
    return { check: 'display', state: 'ok', detail: process.platform }
  if (env['WAYLAND_DISPLAY'])
    return { check: 'display', state: 'ok', detail: `Wayland (${env['WAYLAND_DISPLAY']})` }
  if (env['DISPLAY'])
    return { check: 'display', state: 'ok', detail: `X11 (${env['DISPLAY']})` }
  return { check: 'display', state: 'warning', detail: 'There is no display.', advice: 'The window needs one; ask, transcribe and say work without.' }
}

async function isRunning({ paths, signal }: CliContext): Promise<boolean> {
  return sendControl(paths.controlSocket, 'status', { signal, timeoutMs: 1_000 }).then(() => true, () => false)
}

async function hotkey(context: CliContext, running: boolean): Promise<Finding> {
  const accelerator = context.talkKey()
  try {
    parseAccelerator(accelerator, process.platform)
  }
  catch (error) {
    return { check: 'hotkey', state: 'fault', detail: toAppError(error).message, advice: 'Choose another key in the settings.' }
  }
  if (running)
    return { check: 'hotkey', state: 'ok', detail: `Parley is running and has ${accelerator}.` }
  const { env, logger, clock } = context
  await using source = createHotkeySource({ platform: process.platform, env, logger, clock })
  try {
    await source.start()
    const { mechanism, hold } = source.capabilities
    if (mechanism === 'control-socket' || mechanism === 'none')
      return { check: 'hotkey', state: 'warning', detail: 'This desktop gives programs no global hotkeys.', advice: 'Bind a key of the desktop to: parley talk toggle' }
    if (!await source.isFree(accelerator)) {
      const free = await source.suggestFree(accelerator)
      return { check: 'hotkey', state: 'fault', detail: `${accelerator} is taken by another program.`, advice: free ? `Choose another one in the settings; ${free} is free.` : 'Choose another one in the settings.' }
    }
    return hold
      ? { check: 'hotkey', state: 'ok', detail: `${accelerator} is free (${mechanism})` }
      : { check: 'hotkey', state: 'warning', detail: `${accelerator} works by pressing twice (${mechanism}): this desktop does not tell when a key is let go.` }
  }
  catch (error) {
    return { check: 'hotkey', state: 'fault', detail: toAppError(error).message, advice: 'Choose another key in the settings.' }
  }
}

async function* sound(context: CliContext, running: boolean): AsyncGenerator<Finding> {
  const collected: Finding[] = []
  try {
    await withAudioDevice(context, async (device) => {
      const all = await device.devices()
      for (const kind of ['input', 'output'] as const) {
        const found = all.filter(candidate => candidate.kind === kind && !candidate.isMonitor)
        const check = kind === 'input' ? 'microphone' : 'loudspeaker'
        if (found.length > 0)
          collected.push({ check, state: 'ok', detail: (found.find(candidate => candidate.isDefault) ?? found[0])?.name ?? '' })
        else if (kind === 'output')
          collected.push({ check, state: 'fault', detail: `There is no ${check}.`, advice: NO_DEVICE_ADVICE })
      }
      collected.push(await listen(context, device, running))
    })
  }
  catch (error) {
    context.signal.throwIfAborted()
    collected.push({ check: 'sound', state: 'fault', detail: toAppError(error).message, advice: 'Is the sound server (PipeWire or PulseAudio) running?' })
  }
  yield* collected
}

function noMicrophone({ code, message, params }: AppError): Finding {
  const { why, advice } = params
  return code === 'microphone-denied'
    ? { check: 'microphone', state: 'fault', detail: String(why), advice: String(advice) }
    : { check: 'microphone', state: 'fault', detail: code === 'no-microphone' ? 'There is no microphone.' : message, advice: NO_DEVICE_ADVICE }
}

/** Records for a moment and reads the level; nothing of it is kept. */
async function listen(context: CliContext, device: AudioDevice, running: boolean): Promise<Finding> {
  let take: Take
  try {
    take = await device.microphone.startTake(randomUUID())
  }
  catch (error) {
    return noMicrophone(toAppError(error))
  }
  const loudest = { rmsDb: -90, peakDb: -90 }
  let heardMs = 0
  try {
    const limit = AbortSignal.any([context.signal, AbortSignal.timeout(LISTEN_MS * 4)])
    for await (const frame of take.frames(limit)) {
      const reading = new LevelMeter().add(frame.samples, 0)
      loudest.rmsDb = Math.max(loudest.rmsDb, reading?.rmsDb ?? -90)
      loudest.peakDb = Math.max(loudest.peakDb, reading?.peakDb ?? -90)
      heardMs += (frame.samples.length / frame.sampleRate) * 1000
      if (heardMs >= LISTEN_MS)
        break
    }
  }
  catch (error) {
    context.signal.throwIfAborted()
    return { check: 'level', state: 'fault', detail: `The microphone gives no sound: ${toAppError(error).message}`, advice: 'Is it muted, or in use by another program?' }
  }
  finally {
    await take.stop()
    await rm(take.path, { force: true })
  }
  const detail = `${loudest.peakDb.toFixed(0)} dB peak, ${loudest.rmsDb.toFixed(0)} dB mean${running ? ' (while Parley is running)' : ''}`
  return loudest.peakDb <= -89
    ? { check: 'level', state: 'warning', detail: 'The microphone gives digital silence.', advice: 'Is it muted in the system\'s sound settings?' }
    : { check: 'level', state: 'ok', detail }
}
