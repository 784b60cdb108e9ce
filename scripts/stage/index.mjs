import { Buffer } from 'node:buffer'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { startBus, startDisplay } from './display.mjs'
import { isInstalled, Processes } from './processes.mjs'
import { record } from './recorder.mjs'
import { noSound, SoundServer, SPEAKER } from './sound.mjs'

export { monotonicMs } from './recorder.mjs'
export { firstSoundMs, lastSoundMs, NOISE_DB, soundSpans } from './signal.mjs'

const PREFIX = 'parley-stage-'
const NEEDS = {
  display: ['Xvfb', 'openbox', 'xprop'],
  sound: ['pulseaudio', 'pactl', 'parec', 'paplay', 'pacat'],
}

/** Programs of this system that a stage would need and that are not there. */
export function missingPrograms({ display = true, sound = true } = {}) {
  return [...(display ? NEEDS.display : []), ...(sound ? NEEDS.sound : [])].filter(name => !isInstalled(name))
}

/** See index.d.mts. */
export async function startStage({ display = true, sound = true, size = '1280x800' } = {}) {
  const missing = missingPrograms({ display, sound })
  if (missing.length > 0)
    throw new Error(`the test stage needs programs that are not installed: ${missing.join(', ')}`)
  await removeAbandoned()
  const dir = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`))
  const processes = new Processes(dir)
  try {
    const runtime = join(dir, 'run')
    await mkdir(runtime, { mode: 0o700 })
    const env = { XDG_RUNTIME_DIR: runtime }
    const server = sound ? new SoundServer(dir, processes) : undefined
    const parts = await Promise.all([
      display ? startDisplay(processes, { size }) : {},
      startBus(processes, dir, env),
      server?.start(),
    ])
    Object.assign(env, parts[0], parts[1], server?.env ?? await noSound(dir))
    return stageOf({ dir, processes, env, server })
  }
  catch (error) {
    await processes.killAll()
    throw error
  }
}

/** Folders of stages whose program was killed outright and could not clean up. */
async function removeAbandoned() {
  for (const name of await readdir(tmpdir())) {
    const owner = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length).split('-')[0]) : undefined
    if (owner && !isRunning(owner))
      await rm(join(tmpdir(), name), { recursive: true, force: true })
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  }
  catch (error) {
    return error.code === 'EPERM'
  }
}

function stageOf({ dir, processes, env, server }) {
  const soundServer = () => {
    if (!server)
      throw new Error('this stage has no sound: start it with {sound: true}')
    return server
  }
  const play = (command, args, input) => startPlaying(processes, soundServer().clientEnv, command, args, input)
  const startMic = wavPath => play('paplay', ['--latency-msec=100', '--device=micsink', wavPath])
  const startPcm = (sink, { samples, sampleRateHz, channels = 1 }) => play('pacat', [
    '--playback',
    '--raw',
    '--format=s16le',
    `--rate=${sampleRateHz}`,
    `--channels=${channels}`,
    // Not less: on a busy machine the player would stutter, and the stage must not be what a test measures.
    '--latency-msec=100',
    `--device=${sink}`,
  ], Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength))
  const startMicPcm = pcm => startPcm('micsink', pcm)
  return {
    dir,
    env,
    get pids() {
      return processes.pids
    },
    startMic,
    startMicPcm,
    startSpeaker: pcm => startPcm(SPEAKER, pcm),
    playMic: wavPath => startMic(wavPath).done,
    playMicPcm: pcm => startMicPcm(pcm).done,
    recordSpeaker: () => record(processes, soundServer().clientEnv, `${SPEAKER}.monitor`),
    recordSource: name => record(processes, soundServer().clientEnv, name),
    killSound: () => soundServer().kill(),
    startSound: () => soundServer().start(),
    unloadSource: name => soundServer().unloadSource(name),
    loadSource: (name, options) => soundServer().loadSource(name, options),
    pactl: (...args) => soundServer().pactl(...args),
    stop: () => processes.killAll(),
    [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]: () => processes.killAll(),
  }
}

function startPlaying(processes, env, command, args, input) {
  const child = processes.start(command, args, { env, stdio: [input ? 'pipe' : 'ignore', 'ignore', 'pipe'] })
  if (input) {
    child.stdin.on('error', () => {}) // a killed player closes its end: `done` tells
    child.stdin.end(input)
  }
  let stopped = false
  const done = child.ended.then(({ code, signal, error }) => {
    if (error || (code !== 0 && !stopped))
      throw error ?? new Error(`${command} ended with ${code ?? signal}: ${child.lastWords}`)
  })
  done.catch(() => {}) // whoever wants to know awaits it
  return {
    done,
    async stop() {
      stopped = true
      await processes.kill(child)
    },
  }
}
