import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { PulseClient } from '../../src-main/audio/pulse-client'
import { useStage } from '../support/stage'

const stage = useStage({ display: false })
const address = () => ({ path: join(stage().dir, 'pulse.sock') })

function change(client: PulseClient): Promise<void> {
  return new Promise((resolve) => {
    const off = client.changes.subscribe(() => {
      off()
      resolve()
    })
  })
}

describe('control connection to the sound server', () => {
  it('sees devices, defaults and monitors', async () => {
    const client = await PulseClient.connect(address())
    const { sources, sinks, defaultSource, defaultSink } = await client.snapshot()
    client.close()
    expect({
      sources: sources.map(({ name, isMonitor, rateHz }) => ({ name, isMonitor, rateHz })),
      sinks: sinks.map(({ name, description, isMonitor }) => ({ name, description, isMonitor })),
      defaultSource,
      defaultSink,
    }).toEqual({
      sources: [
        { name: 'micsink.monitor', isMonitor: true, rateHz: 48_000 },
        { name: 'spk.monitor', isMonitor: true, rateHz: 48_000 },
        { name: 'vmic', isMonitor: false, rateHz: 48_000 },
      ],
      sinks: [
        { name: 'micsink', description: 'Stage_microphone_feed', isMonitor: false },
        { name: 'spk', description: 'Stage_loudspeaker', isMonitor: false },
      ],
      defaultSource: 'vmic',
      defaultSink: 'spk',
    })
  })

  it('is told when a stream comes, knows whose it is and where, and sees it moved', async () => {
    const client = await PulseClient.connect(address())
    const told = change(client)
    const reader = spawn('parec', ['--device=vmic', '--raw'], { env: { ...process.env, ...stage().env }, stdio: ['ignore', 'pipe', 'ignore'] })
    await Promise.all([told, once(reader.stdout, 'data')])
    const where = async () => {
      const { captures, sources } = await client.snapshot()
      const stream = captures.find(({ processId }) => processId === reader.pid)
      return sources.find(({ index }) => index === stream?.deviceIndex)?.name
    }
    expect(await where()).toBe('vmic')
    const { captures } = await client.snapshot()
    const index = captures.find(({ processId }) => processId === reader.pid)?.index
    const moved = change(client)
    await stage().pactl('move-source-output', String(index), 'spk.monitor')
    await moved
    expect(await where()).toBe('spk.monitor')
    reader.kill('SIGKILL')
    client.close()
  })

  it('knows at once when the server dies; an open question is answered with a failure', async () => {
    const client = await PulseClient.connect(address())
    const closed = new Promise<void>((resolve) => {
      client.closed.subscribe(resolve)
    })
    const killed = stage().killSound()
    await closed
    await expect(client.snapshot()).rejects.toMatchObject({ code: 'internal', retryable: true })
    await killed
    await expect(PulseClient.connect(address())).rejects.toMatchObject({ code: 'internal', retryable: true })
    await stage().startSound()
    const again = await PulseClient.connect(address())
    expect((await again.snapshot()).defaultSource).toBe('vmic')
    again.close()
  })

  it('gives up on something that is no sound server', async () => {
    const path = join(stage().dir, 'other.sock')
    const server = createServer(socket => socket.end(Buffer.alloc(64, 0x7F)))
    server.listen(path)
    await once(server, 'listening')
    await expect(PulseClient.connect({ path }, 300)).rejects.toMatchObject({ code: 'internal' })
    server.close()
  })
})
