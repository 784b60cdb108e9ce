import type { Buffer } from 'node:buffer'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { firstSoundMs, lastSoundMs, missingPrograms, monotonicMs, soundSpans, startStage } from '../../scripts/stage/index.mjs'
import { isAlive } from '../support/audio-device'
import { tone, useStage } from '../support/stage'

const run = promisify(execFile)

describe('stage', () => {
  const stage = useStage()

  it('has a display with a window manager, a session bus and a sound server of its own', async () => {
    const env = { ...process.env, ...stage().env }
    const { stdout: root } = await run('xprop', ['-root', '_NET_SUPPORTING_WM_CHECK'], { env })
    expect(root).toMatch(/window id # 0x/)
    const { stdout: size } = await run('xprop', ['-root', '_NET_DESKTOP_GEOMETRY'], { env })
    expect(size).toContain('1280, 800')
    expect(await stage().pactl('info')).toContain('Default Source: vmic')
    await access(stage().env['DBUS_SESSION_BUS_ADDRESS']?.replace(/^unix:path=([^,]+).*/, '$1') ?? '')
    expect(stage().dir).not.toBe('')
  })

  it('carries a sound from the microphone\'s feed to the microphone, dated on the monotonic clock', async () => {
    const recorder = await stage().recordSource('vmic')
    const heard = recorder.untilSound()
    const fromMs = monotonicMs()
    await stage().playMicPcm({ samples: tone(500), sampleRateHz: 48_000 })
    const heardAtMs = await heard
    await recorder.untilQuiet({ quietMs: 50 })
    const recording = await recorder.stop()
    const first = firstSoundMs(recording) as number
    expect((lastSoundMs(recording) as number) - first).toBeGreaterThan(490)
    expect(first).toBeGreaterThan(fromMs)
    // A block of 10 ms is read when it is whole.
    expect(heardAtMs - first).toBeGreaterThan(-2)
  })

  it('says when there is nothing to hear', async () => {
    const recorder = await stage().recordSpeaker()
    await expect(recorder.untilSound({ timeoutMs: 200 })).rejects.toThrow('no sound')
    const recording = await recorder.stop()
    expect({ first: firstSoundMs(recording), last: lastSoundMs(recording), spans: soundSpans(recording) }).toEqual({ first: null, last: null, spans: [] })
    expect(recording.samples.length).toBeGreaterThan(0)
  })

  it('starts without waiting for the 2 s a new sink has rendered ahead', async () => {
    await stage().killSound()
    await expect(stage().pactl('info')).rejects.toThrow()
    await stage().startSound()
    const fromMs = monotonicMs()
    const recorder = await stage().recordSource('vmic')
    expect(monotonicMs() - fromMs).toBeLessThan(1000)
    await recorder.stop()
  })

  it('a player that cannot play rejects', async () => {
    await expect(stage().playMic('/no/such/file.wav')).rejects.toThrow(/paplay/)
    const player = stage().startMicPcm({ samples: tone(5000), sampleRateHz: 48_000 })
    await player.stop()
    await player.done
  })
})

describe('end of a stage', () => {
  it('stop ends exactly its own processes and removes its folder, and may be called twice', async () => {
    const stage = await startStage()
    const pids = [...stage.pids]
    expect(pids.length).toBeGreaterThanOrEqual(5)
    await stage.stop()
    await stage.stop()
    expect(pids.filter(isAlive)).toEqual([])
    await expect(access(stage.dir)).rejects.toThrow()
  })

  it('two stages at once do not disturb each other', async () => {
    const [a, b] = await Promise.all([startStage(), startStage()])
    expect(a.env['DISPLAY']).not.toBe(b.env['DISPLAY'])
    await a.stop()
    expect(await b.pactl('info')).toContain('vmic')
    await b.stop()
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('a program that gets %s leaves nothing running', async (signal) => {
    const script = `
      import { startStage } from ${JSON.stringify(resolve('scripts/stage/index.mjs'))}
      const stage = await startStage()
      console.log(JSON.stringify(stage.pids))
      setInterval(() => {}, 1000)
    `
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(child.stdout, 'data') as [Buffer]
    const pids = JSON.parse(String(line)) as number[]
    expect(pids.every(isAlive)).toBe(true)
    child.kill(signal)
    await once(child, 'exit')
    const limitMs = monotonicMs() + 5000
    while (pids.some(isAlive) && monotonicMs() < limitMs)
      await new Promise(done => setTimeout(done, 10))
    expect(pids.filter(isAlive)).toEqual([])
  })

  it('run.mjs gives a command the stage and ends with its exit code', async () => {
    const cli = resolve('scripts/stage/run.mjs')
    const { stdout } = await run(process.execPath, [cli, '--size', '800x600', '--', 'sh', '-c', 'xprop -root _NET_DESKTOP_GEOMETRY; pactl get-default-source'])
    expect(stdout).toContain('800, 600')
    expect(stdout).toContain('vmic')
    await expect(run(process.execPath, [cli, '--no-display', '--', 'sh', '-c', 'exit 7'])).rejects.toMatchObject({ code: 7 })
    await expect(run(process.execPath, [cli])).rejects.toMatchObject({ code: 2 })
  })

  it('names what is missing', () => {
    const path = process.env['PATH']
    try {
      process.env['PATH'] = '/bin/nowhere:/bin'
      expect(missingPrograms({ display: false, sound: false })).toEqual([])
    }
    finally {
      process.env['PATH'] = path
    }
  })
})
