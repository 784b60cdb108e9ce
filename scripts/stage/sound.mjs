import { execFile } from 'node:child_process'
import { existsSync, watch } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { readyOrDead } from './processes.mjs'

const run = promisify(execFile)

export const MICROPHONE = 'vmic'
export const SPEAKER = 'spk'

/**
 * A PulseAudio of our own with no sound card: what is played into `micsink` is heard by the source `vmic`
 * (the default microphone), what a program plays into `spk` (the default loudspeaker) is heard at `spk.monitor`.
 */
export class SoundServer {
  #processes
  #dir
  #server
  #keepers = []
  #env

  constructor(dir, processes) {
    this.#dir = dir
    this.#processes = processes
    this.#env = {
      PULSE_SERVER: `unix:${this.socket}`,
      ALSA_CONFIG_PATH: join(dir, 'asound.conf'),
    }
  }

  get socket() {
    return join(this.#dir, 'pulse.sock')
  }

  /** What a program needs in its environment to use this server and no other. */
  get env() {
    return this.#env
  }

  get pid() {
    return this.#server?.pid
  }

  async start() {
    if (this.#server)
      return
    await writeFile(join(this.#dir, 'stage.pa'), stageScript(this.socket))
    await writeFile(join(this.#dir, 'asound.conf'), ASOUND)
    const server = this.#processes.start('pulseaudio', [
      '--system=false',
      '--daemonize=no',
      '--exit-idle-time=-1',
      '--disable-shm=true',
      '--use-pid-file=no',
      '--log-target=stderr',
      '--log-level=error',
      '-n',
      '-F',
      join(this.#dir, 'stage.pa'),
    ], { env: { ...process.env, PULSE_RUNTIME_PATH: this.#dir, PULSE_STATE_PATH: this.#dir, HOME: this.#dir, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' } })
    this.#server = server
    const gone = () => {
      if (this.#server === server)
        this.#server = undefined
    }
    server.ended.then(gone)
    await readyOrDead(server, 'pulseaudio', listening(this.socket))
    // Without a reader at 20 ms an idle null sink sits at 2 s of latency.
    this.#keepers = [`micsink.monitor`, `${SPEAKER}.monitor`].map(source => this.#processes.start(
      'parec',
      ['--raw', '--latency-msec=20', `--device=${source}`],
      { env: this.clientEnv },
    ))
    await readyOrDead(server, 'the sound server\'s keepers', this.#until(() => this.#readers(), count => count >= 2))
    // Before its reader came, each sink had already handed on 2 s of silence. Waking up anew it begins at "now".
    for (const sink of ['micsink', SPEAKER]) {
      await this.pactl('suspend-sink', sink, '1')
      await this.pactl('suspend-sink', sink, '0')
    }
  }

  get clientEnv() {
    return { ...process.env, ...this.#env }
  }

  /** `pactl` against this server; returns its output. */
  async pactl(...args) {
    const { stdout } = await run('pactl', args, { env: this.clientEnv })
    return stdout
  }

  /** The server dies without a word, as in a crash. */
  async kill() {
    const server = this.#server
    await this.#processes.kill(server)
    await Promise.all(this.#keepers.map(keeper => this.#processes.kill(keeper)))
    this.#keepers = []
    this.#server = undefined
  }

  /** The microphone (or another source we made) is pulled out. Resolves when the server has let go of it. */
  async unloadSource(name = MICROPHONE) {
    const modules = await this.pactl('list', 'short', 'modules')
    const line = modules.split('\n').find(row => row.includes(`source_name=${name} `) || row.endsWith(`source_name=${name}`))
    if (!line)
      throw new Error(`there is no source ${name}`)
    await this.pactl('unload-module', line.split('\t')[0])
  }

  /** Plugs a source in again, fed by `micsink` unless said otherwise. */
  async loadSource(name = MICROPHONE, { master = 'micsink.monitor', makeDefault = name === MICROPHONE } = {}) {
    await this.pactl('load-module', 'module-remap-source', `master=${master}`, `source_name=${name}`, `source_properties=device.description=${name}`)
    if (makeDefault)
      await this.pactl('set-default-source', name)
  }

  async #readers() {
    const rows = await this.pactl('list', 'short', 'source-outputs')
    return rows.split('\n').filter(row => row.includes('protocol-native')).length
  }

  async #until(probe, holds) {
    while (!holds(await probe()))
      await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** The environment of a machine without sound: no server is found and no card, whatever there is outside of the stage. */
export async function noSound(dir) {
  const config = join(dir, 'asound.conf')
  await writeFile(config, '')
  return { PULSE_SERVER: `unix:${join(dir, 'no-sound.sock')}`, ALSA_CONFIG_PATH: config }
}

function stageScript(socket) {
  // The protocol comes last: a socket that accepts means that everything above is there.
  return `.fail
load-module module-null-sink sink_name=micsink rate=48000 channels=1 sink_properties=device.description=Stage_microphone_feed
load-module module-null-sink sink_name=${SPEAKER} rate=48000 channels=2 sink_properties=device.description=Stage_loudspeaker
load-module module-remap-source master=micsink.monitor source_name=${MICROPHONE} source_properties=device.description=Stage_microphone
set-default-sink ${SPEAKER}
set-default-source ${MICROPHONE}
load-module module-native-protocol-unix auth-anonymous=1 socket=${socket}
`
}

// Each entry with a hint becomes a device of PortAudio; nothing else is probed.
const ASOUND = `pcm.default { type pulse  hint { show on  description "Default (PulseAudio)" } }
ctl.default { type pulse }
pcm.pulse { type pulse  hint { show on  description "PulseAudio" } }
ctl.pulse { type pulse }
pcm.vmic { type pulse  device "vmic"  hint { show on  description "Stage microphone" } }
pcm.spk { type pulse  device "spk"  hint { show on  description "Stage loudspeaker" } }
`

/** Resolves when the socket accepts a connection; told by the folder, not by a clock. */
function listening(socket) {
  return new Promise((resolve, reject) => {
    let watcher
    const attempt = () => {
      const probe = connect(socket)
      probe.once('connect', () => {
        probe.destroy()
        watcher.close()
        resolve()
      })
      probe.once('error', () => {
        probe.destroy()
        // Left by a killed server, or bound and not yet listening: the server needs no more than an instant.
        if (existsSync(socket))
          setTimeout(attempt, 5)
      })
    }
    try {
      watcher = watch(dirname(socket), (_event, file) => {
        if (file === basename(socket) && existsSync(socket))
          attempt()
      })
    }
    catch (error) {
      reject(error)
      return
    }
    if (existsSync(socket))
      attempt()
  })
}
