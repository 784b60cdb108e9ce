import type { IpcRendererEvent } from 'electron'
import type { ParleyBridge, SequencedEvent } from '../contract'
import { contextBridge, ipcRenderer } from 'electron'
import { EVENT_CHANNEL, REQUEST_CHANNEL } from '../contract/channels'

/** The renderer's only way out: two fixed channels. The name of a request is data that main looks up and checks. */
const bridge: ParleyBridge = {
  request: (name, input) => ipcRenderer.invoke(REQUEST_CHANNEL, name, input),
  onEvent(listener) {
    // The IPC event itself stays here: it carries the sender.
    const forward = (_event: IpcRendererEvent, message: SequencedEvent): void => listener(message)
    ipcRenderer.on(EVENT_CHANNEL, forward)
    return () => {
      ipcRenderer.removeListener(EVENT_CHANNEL, forward)
    }
  },
}

contextBridge.exposeInMainWorld('parley', bridge)
