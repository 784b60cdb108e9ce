import type { Command } from 'commander'
import type { CliContext } from './context'
import { withAudioDevice } from './audio-device'
import { EXIT, guarded } from './context'

/** `parley devices`: microphones and loudspeakers, with the ids that the settings keep. */
export function registerDevices(program: Command, context: CliContext): void {
  program.command('devices')
    .option('--json', 'one JSON object a line')
    .description('list microphones and loudspeakers')
    .action((options: { readonly json?: boolean }) => guarded(context, null, () => withAudioDevice(context, async (device) => {
      const devices = await device.devices()
      for (const { id, name, kind, isDefault, isMonitor } of devices) {
        context.stdout.write(options.json
          ? `${JSON.stringify({ type: 'device', id, name, kind, isDefault, isMonitor })}\n`
          : `${kind === 'input' ? 'microphone ' : 'loudspeaker'}  ${name}${isDefault ? '  (default)' : ''}${isMonitor ? '  (monitor)' : ''}\n`)
      }
      if (devices.length === 0 && !options.json)
        context.stderr.write('No microphone and no loudspeaker was found. Is the sound server running?\n')
      return devices.length === 0 ? EXIT.failed : EXIT.ok
    })))
}
