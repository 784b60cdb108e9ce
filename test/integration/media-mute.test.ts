import type { MediaControl } from '../../src-main/ports/media-control'
import type { Bundle } from './support/bundle'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createStreamMute } from '../../src-main/audio/stream-mute'
import { createMediaControl } from '../../src-main/desktop/media/media-control'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'
import { useStage } from '../support/stage'
import { bundle } from './support/bundle'

/** A program that plays silence; its streams are called `name`. */
interface Playing {
  readonly end: () => Promise<void>
}

describe('other programs muted during a recording', () => {
  const stage = useStage({ display: false })
  let child: Bundle
  let programs: Playing[] = []
  let controls: MediaControl[] = []
  beforeAll(async () => {
    child = await bundle('media-child.ts')
  })
  beforeEach(() => stage().startSound())
  afterEach(async () => {
    await Promise.all([...controls.splice(0).map(control => control[Symbol.asyncDispose]()), ...programs.map(({ end }) => end())])
    programs = []
    controls = []
  })
  afterAll(() => child[Symbol.dispose]())

  const env = (): NodeJS.ProcessEnv => ({ ...process.env, ...stage().env })
  const stateFile = (): string => join(stage().dir, 'held.json')

  async function startProgram(name: string): Promise<Playing> {
    // A session of its own under another parent: whatever this process starts itself would count as ours.
    const player = spawn('sh', ['-c', `setsid pacat --playback --raw --latency-msec=100 --device=spk --client-name=${name} --stream-name=${name} < /dev/zero & echo $!`], { env: env(), stdio: ['ignore', 'pipe', 'ignore'], detached: true })
    let pid = ''
    player.stdout.on('data', data => pid += String(data))
    while (!pid.includes('\n'))
      await once(player.stdout, 'data')
    await until(async () => name in await mutes())
    const program = {
      async end() {
        try {
          process.kill(Number(pid), 'SIGKILL')
        }
        catch {} // ended before
        await until(async () => !(name in await mutes()))
      },
    }
    programs.push(program)
    return program
  }

  /** Name of each stream, and whether it is muted; as the server's own tool tells. */
  async function mutes(): Promise<Record<string, boolean>> {
    const text = await stage().pactl('list', 'sink-inputs')
    return Object.fromEntries(text.split('Sink Input #').slice(1).map(part => [/media\.name = "(.*)"/.exec(part)?.[1] ?? '', part.includes('Mute: yes')]))
  }

  async function indexOf(name: string): Promise<string> {
    const text = await stage().pactl('list', 'sink-inputs')
    return text.split('Sink Input #').slice(1).find(part => part.includes(`media.name = "${name}"`))?.split('\n')[0] ?? ''
  }

  async function until(holds: () => Promise<boolean>): Promise<void> {
    while (!await holds());
  }

  const untilMutes = (wanted: Record<string, boolean>): Promise<void> => until(async () => JSON.stringify(await mutes()) === JSON.stringify(wanted))

  function createControl(): MediaControl {
    const control = createMediaControl({ env: env(), clock: systemClock, logger: silentLogger, stateFile: stateFile(), mute: createStreamMute({ env: env() }) })
    controls.push(control)
    return control
  }

  async function end(control: MediaControl): Promise<void> {
    controls.splice(controls.indexOf(control), 1)
    await control[Symbol.asyncDispose]()
  }

  async function heldAndKilled(...names: string[]): Promise<void> {
    const running = spawn(process.execPath, [child.path, stateFile(), 'mute'], { env: { ...child.env, ...stage().env }, stdio: 'ignore' })
    const ended = once(running, 'close')
    await until(async () => {
      const now = await mutes()
      return names.every(name => now[name])
    })
    running.kill('SIGKILL')
    await ended
  }

  it('mutes what others play and nothing of its own, and leaves what was muted', async () => {
    await startProgram('music')
    await startProgram('mutedBefore')
    await stage().pactl('set-sink-input-mute', await indexOf('mutedBefore'), '1')
    const own = stage().startSpeaker({ samples: new Int16Array(48_000 * 20), sampleRateHz: 48_000 })
    await until(async () => Object.keys(await mutes()).length === 3)
    const ownName = Object.keys(await mutes()).find(name => name !== 'music' && name !== 'mutedBefore') ?? ''
    const control = createControl()
    control.hold('mute')
    await untilMutes({ music: true, mutedBefore: true, [ownName]: false })
    control.release()
    await end(control)
    expect(await mutes()).toEqual({ music: false, mutedBefore: true, [ownName]: false })
    expect(existsSync(stateFile())).toBe(false)
    await own.stop()
  })

  it('mutes also what begins during the hold', async () => {
    const control = createControl()
    control.hold('mute')
    await startProgram('late')
    await untilMutes({ late: true })
    await end(control)
    expect(await mutes()).toEqual({ late: false })
  })

  it('what a person unmutes during the hold stays so', async () => {
    await startProgram('music')
    const control = createControl()
    control.hold('mute')
    await untilMutes({ music: true })
    await stage().pactl('set-sink-input-mute', await indexOf('music'), '0')
    await startProgram('late')
    await untilMutes({ music: false, late: true })
    await end(control)
    expect(await mutes()).toEqual({ music: false, late: false })
  })

  it('a killed program\'s mutes are taken back by the next run', async () => {
    await startProgram('music')
    await heldAndKilled('music')
    expect(await mutes()).toEqual({ music: true })
    await createControl().recover()
    expect(await mutes()).toEqual({ music: false })
    expect(existsSync(stateFile())).toBe(false)
  })

  it('a stream of another run of the server is another stream', async () => {
    await startProgram('music')
    await heldAndKilled('music')
    await stage().killSound()
    await stage().startSound()
    await startProgram('music')
    await stage().pactl('set-sink-input-mute', await indexOf('music'), '1')
    await createControl().recover()
    expect(await mutes()).toEqual({ music: true })
  })

  it('while the server is away, what was held is kept for the next start', async () => {
    await startProgram('music')
    await heldAndKilled('music')
    const socket = join(stage().dir, 'pulse.sock')
    await rename(socket, `${socket}.away`)
    await createControl().recover()
    await rename(`${socket}.away`, socket)
    await createControl().recover()
    expect(await mutes()).toEqual({ music: false })
  })

  it('mutes nothing when that cannot be written down', async () => {
    await startProgram('music')
    const file = join(stage().dir, 'file')
    await writeFile(file, '')
    const control = createMediaControl({ env: env(), clock: systemClock, logger: silentLogger, stateFile: join(file, 'held.json'), mute: createStreamMute({ env: env() }) })
    control.hold('mute')
    await end(control)
    expect(await mutes()).toEqual({ music: false })
    expect(await readFile(file, 'utf8')).toBe('')
  })

  describe('on a server that remembers each program\'s mute', () => {
    beforeAll(async () => {
      await stage().startSound()
      await stage().pactl('load-module', 'module-stream-restore', 'restore_device=no')
    })

    it('a program that ended while it was muted is heard when it comes again', async () => {
      const first = await startProgram('music')
      const control = createControl()
      control.hold('mute')
      await untilMutes({ music: true })
      await first.end()
      const second = await startProgram('music')
      await untilMutes({ music: true })
      await second.end()
      await end(control)
      await startProgram('music')
      expect(await mutes()).toEqual({ music: false })
    })

    it('also after the program was killed', async () => {
      const first = await startProgram('music')
      await heldAndKilled('music')
      await first.end()
      await createControl().recover()
      await startProgram('music')
      expect(await mutes()).toEqual({ music: false })
    })

    it('one that came again during the hold is unmuted, too', async () => {
      const first = await startProgram('music')
      const control = createControl()
      control.hold('mute')
      await untilMutes({ music: true })
      await first.end()
      await startProgram('music')
      await untilMutes({ music: true })
      // It was muted from its first moment: the server's memory, which the control has to see as its own doing.
      await until(async () => (await readFile(stateFile(), 'utf8')).split('"identity"').length === 3)
      await end(control)
      expect(await mutes()).toEqual({ music: false })
    })
  })
})
