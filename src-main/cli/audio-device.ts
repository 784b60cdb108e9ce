import type { AudioDevice } from '../ports/audio-device'
import type { CliContext } from './context'
import { createAudioDevice } from '../audio/naudiodon-device'
import { makeDataFolders } from '../storage/paths'

/** Opens the machine's sound for the length of `work`. The microphone stays closed until a take is started. */
export async function withAudioDevice<T>(context: CliContext, work: (device: AudioDevice) => Promise<T>): Promise<T> {
  const { spawn, clock, logger, paths } = context
  await makeDataFolders(paths)
  await using device = createAudioDevice({ spawn, clock, logger, takesDir: paths.takesDir })
  await device.microphone.configure({ mode: 'cold', lingerMs: 0, deviceId: null })
  await device.start()
  return await work(device)
}
