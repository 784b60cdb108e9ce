import type { ChildProcess } from 'node:child_process'
import type { MicrophoneAccess } from '../../src-main/ports/microphone-access'
import type { Bundle } from './support/bundle'
import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PulseClient } from '../../src-main/audio/pulse-client'
import { buildAudioChild } from '../support/audio-child'
import { listen, stagedDevice, untilOpen } from '../support/audio-device'
import { parley } from '../support/cli'
import { tone, useStage } from '../support/stage'
import { bundle } from './support/bundle'

/** `nobody`: a user whose files and servers are not ours. */
const OTHER_USER = 65_534
const isRoot = process.getuid?.() === 0
const COOKIE = Buffer.alloc(256, 7)

/** Does something with the rights of an ordinary user. */
function asOrdinaryUser<T>(work: () => T): T {
  if (!isRoot)
    return work()
  process.seteuid?.(OTHER_USER)
  try {
    return work()
  }
  finally {
    process.seteuid?.(0)
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!await condition())
    await new Promise(resolve => setTimeout(resolve, 10))
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => resolve(true))
    probe.once('error', () => resolve(false))
    probe.once('connect', () => probe.destroy())
  })
}

describe('a sound server that refuses', () => {
  let folder: string
  let server: ChildProcess
  const socket = (): string => join(folder, 'pulse.sock')

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-refusal-'))
    await writeFile(join(folder, 'cookie'), COOKIE, { mode: 0o600 })
    await writeFile(join(folder, 'server.pa'), `.fail
load-module module-null-sink sink_name=feed
load-module module-remap-source master=feed.monitor source_name=theirs
load-module module-native-protocol-unix auth-cookie=${join(folder, 'cookie')} socket=${socket()}
`)
    await writeFile(join(folder, 'asound.conf'), 'pcm.default { type pulse  hint { show on  description "Default" } }\nctl.default { type pulse }\n')
    await mkdir(join(folder, 'home'))
    if (isRoot) {
      // Somebody else's server: libpulse would be let in to one of our own without a cookie.
      for (const name of ['.', 'cookie', 'home'])
        await chown(join(folder, name), OTHER_USER, OTHER_USER)
    }
    await chmod(folder, 0o755)
    const home = join(folder, 'home')
    server = spawn('pulseaudio', ['--system=false', '--daemonize=no', '--exit-idle-time=-1', '--disable-shm=true', '--use-pid-file=no', '--log-target=stderr', '--log-level=error', '-n', '-F', join(folder, 'server.pa')], {
      env: { ...process.env, HOME: home, PULSE_RUNTIME_PATH: home, PULSE_STATE_PATH: home, XDG_RUNTIME_DIR: home, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' },
      stdio: 'ignore',
      ...(isRoot ? { uid: OTHER_USER, gid: OTHER_USER } : {}),
    })
    const ended = once(server, 'exit').then(() => Promise.reject(new Error('the sound server could not be started')))
    await Promise.race([until(() => accepts(socket())), ended])
    ended.catch(() => {}) // its end is ours from here on
  })

  afterAll(async () => {
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
    await rm(folder, { recursive: true, force: true })
  })

  it('one without the right cookie: denied, and what to do', async () => {
    await expect(PulseClient.connect({ path: socket(), cookie: Buffer.alloc(256, 8) })).rejects.toMatchObject({
      code: 'microphone-denied',
      retryable: true,
      message: expect.stringMatching(/refuses this program.*user who is logged in.*PULSE_COOKIE/) as string,
    })
    const client = await PulseClient.connect({ path: socket(), cookie: COOKIE })
    expect((await client.snapshot()).sources.map(({ name }) => name)).toContain('theirs')
    client.close()
  })

  it('one who may not even reach its socket: denied', async () => {
    await chmod(socket(), 0o600)
    if (isRoot)
      await chown(socket(), 0, 0)
    else
      await chmod(socket(), 0)
    try {
      // The system call is made before `connect` returns.
      const refused = asOrdinaryUser(() => PulseClient.connect({ path: socket(), cookie: COOKIE }))
      await expect(refused).rejects.toMatchObject({ code: 'microphone-denied' })
    }
    finally {
      await chmod(socket(), 0o777)
    }
  })

  it('a take rejects with the reason within its bound, its file is whole, and doctor says what to do', async ({ skip }) => {
    if (!isRoot)
      return skip('a server of another user takes the rights to start one')
    const child = await buildAudioChild()
    const env = { PULSE_SERVER: `unix:${socket()}`, PULSE_COOKIE: join(folder, 'no-cookie'), ALSA_CONFIG_PATH: join(folder, 'asound.conf'), HOME: join(folder, 'home') }
    const takesDir = join(folder, 'takes')
    const stage = { dir: folder, env } as unknown as Parameters<typeof stagedDevice>[0]
    const staged = await stagedDevice(stage, child.path, { pulse: { path: socket() }, takesDir })
    try {
      const { device } = staged
      await device.microphone.configure({ mode: 'warm', lingerMs: 0, deviceId: null })
      await device.start()
      await expect(device.microphone.startTake('t1')).rejects.toMatchObject({ code: 'microphone-denied', message: expect.stringContaining('PULSE_COOKIE') as string })
      const bytes = await readFile(join(takesDir, 't1.wav'))
      expect({ length: bytes.length, riff: bytes.toString('latin1', 0, 4) }).toEqual({ length: 44, riff: 'RIFF' })
    }
    finally {
      await staged[Symbol.asyncDispose]()
      await child.remove()
    }
    const { code, events } = await parley(['doctor', '--json'], { env: { ...env, DISPLAY: '', PARLEY_DATA_DIR: join(folder, 'data') } })
    expect(code).toBe(1)
    expect(events.find(({ check }) => check === 'microphone')).toEqual({
      type: 'finding',
      check: 'microphone',
      state: 'fault',
      detail: 'The sound server refuses this program.',
      advice: expect.stringContaining('PULSE_COOKIE') as string,
    })
  })
})

describe('sound cards with no server', () => {
  let folder: string
  let child: Bundle

  beforeAll(async () => {
    child = await bundle('refusal-child.ts')
    await chmod(dirname(child.path), 0o755)
  })
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-snd-'))
    await chmod(folder, 0o755)
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))
  afterAll(() => child[Symbol.dispose]())

  /** What an ordinary user finds: root may open everything. */
  async function denial(): Promise<unknown> {
    const asked = spawn(process.execPath, [child.path, folder], { cwd: '/', stdio: ['ignore', 'pipe', 'inherit'], ...(isRoot ? { uid: OTHER_USER, gid: OTHER_USER } : {}) })
    return JSON.parse(await text(asked.stdout))
  }

  it('that this user may not open are a denial that says which group is missing', async () => {
    for (const name of ['controlC0', 'pcmC0D0p', 'pcmC0D0c', 'pcmC1D0c'])
      await writeFile(join(folder, name), '', { mode: 0o000 })
    expect(await denial()).toMatchObject({ code: 'microphone-denied', message: expect.stringMatching(/may not use the sound cards.*usermod -aG audio.*log in again/) as string })
    // One microphone that may be used is enough.
    await chmod(join(folder, 'pcmC1D0c'), 0o666)
    expect(await denial()).toBeNull()
  })

  it('that are not there, or only play, are no denial', async () => {
    expect(await denial()).toBeNull()
    await writeFile(join(folder, 'pcmC0D0p'), '', { mode: 0o000 })
    expect(await denial()).toBeNull()
    await rm(folder, { recursive: true })
    expect(await denial()).toBeNull()
  })
})

/** Privacy settings of a system: what it says, and a person who is asked. */
function privacy(first: ReturnType<MicrophoneAccess['state']>) {
  let state = first
  let answer: (() => void) | undefined
  const asked: number[] = []
  let wasAsked = (): void => {}
  const asking = new Promise<void>(resolve => wasAsked = resolve)
  const access: MicrophoneAccess = {
    advice: 'Allow it in the settings.',
    state: () => state,
    request() {
      asked.push(1)
      wasAsked()
      return new Promise(resolve => answer = resolve)
    },
  }
  return {
    access,
    asked,
    asking,
    set: (next: typeof state) => state = next,
    answer(next: typeof state) {
      state = next
      answer?.()
    },
  }
}

describe('privacy settings of the system', () => {
  const stage = useStage({ display: false })
  let child: Awaited<ReturnType<typeof buildAudioChild>>
  beforeAll(async () => {
    child = await buildAudioChild()
  })
  afterAll(() => child.remove())

  const readers = async (): Promise<number> => (await stage().pactl('list', 'source-outputs')).split('vmic').length - 1
  const ours = async (): Promise<number> => (await stage().pactl('list', 'short', 'source-outputs')).trim().split('\n').length

  it('that deny the microphone: it is not even opened, a take says where to allow it, and the next one after that records', async () => {
    const { access, set } = privacy('denied')
    await using staged = await stagedDevice(stage(), child.path, { access })
    const { device, takesDir } = staged
    const before = await ours()
    await device.microphone.configure({ mode: 'warm', lingerMs: 0, deviceId: null })
    await device.start()
    await expect(device.microphone.startTake('t1')).rejects.toMatchObject({ code: 'microphone-denied', message: 'The system does not let Parley use the microphone. Allow it in the settings.' })
    expect([await ours() - before, await readers(), device.microphone.state]).toEqual([0, 0, 'opening'])
    expect((await readFile(join(takesDir, 't1.wav'))).length).toBe(44)
    set('granted')
    const take = await device.microphone.startTake('t2')
    const heard = listen(take, samples => samples.some(sample => Math.abs(sample) > 1500))
    await untilOpen(device)
    await stage().playMicPcm({ samples: tone(300), sampleRateHz: 48_000 })
    expect((await heard).length).toBeGreaterThan(320)
  })

  it('that have not been asked: the person is asked once, and the microphone opens with the answer', async () => {
    const { access, asked, asking, answer } = privacy('undecided')
    await using staged = await stagedDevice(stage(), child.path, { access })
    const { device } = staged
    await device.microphone.configure({ mode: 'warm', lingerMs: 0, deviceId: null })
    await device.start()
    const take = await device.microphone.startTake('t1')
    await asking
    answer('granted')
    await untilOpen(device)
    await take.stop()
    expect(asked).toHaveLength(1)
  })

  it('of a person who does not answer, or says no: the take says so, and nothing is asked again', async () => {
    const { access, asked, answer } = privacy('undecided')
    await using staged = await stagedDevice(stage(), child.path, { access })
    const { device } = staged
    await device.microphone.configure({ mode: 'warm', lingerMs: 0, deviceId: null })
    await device.start()
    const take = await device.microphone.startTake('t1')
    await expect(listen(take)).rejects.toMatchObject({ code: 'microphone-denied', message: expect.stringContaining('is asking') as string })
    await take.stop()
    answer('denied')
    await expect(device.microphone.startTake('t2')).rejects.toMatchObject({ code: 'microphone-denied', message: expect.stringContaining('Allow it in the settings.') as string })
    expect(asked).toHaveLength(1)
  })
})
