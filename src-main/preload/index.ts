import type { IpcRendererEvent } from 'electron'
import type { ParleyBridge, SequencedEvent } from '../contract'
import { contextBridge, ipcRenderer, webUtils } from 'electron'
import { EVENT_CHANNEL, REQUEST_CHANNEL } from '../contract/channels'

/** The renderer's only way out: two fixed channels, and the paths of the files it was given. The name of a request is data that main looks up and checks. */
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
  // Of a file that the user gave to the page: a path cannot be made up there.
  pathOf: file => webUtils.getPathForFile(file),
}

contextBridge.exposeInMainWorld('parley', bridge)
