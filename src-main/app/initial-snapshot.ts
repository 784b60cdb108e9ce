import type { Snapshot } from '../contract'
import type { DiskServices } from './services'
import process from 'node:process'
import { app } from 'electron'
import { idleDictation } from '../contract'
import { turnView } from './view-mapping'

export const MOST_CONVERSATIONS = 500

/** What the windows show before anything has happened: the last conversation, and everything else still closed. */
export function initialSnapshot({ history, settings, paths }: DiskServices, newId: () => string): Omit<Snapshot, 'seq'> {
  const conversations = history.store.listConversations({ limit: MOST_CONVERSATIONS })
  const latest = conversations[0]
  return {
    pipeline: { state: 'idle', turnId: null, latched: false, errorCode: null },
    partial: null,
    conversations: [...conversations],
    activeConversationId: latest?.id ?? newId(),
    turns: latest ? history.store.turns(latest.id).map(turnView) : [],
    settings: settings.get(),
    devices: [],
    microphone: 'closed',
    listeningPaused: false,
    models: [],
    services: [],
    hotkey: {
      accelerator: settings.get().hotkey.talk,
      mode: settings.get().hotkey.mode,
      mechanism: 'none',
      hold: false,
      errorCode: null,
      suggestion: null,
    },
    keys: {
      dictate: { accelerator: settings.get().hotkey.dictate, errorCode: null, suggestion: null },
      edit: { accelerator: settings.get().hotkey.edit, errorCode: null, suggestion: null },
      undo: { accelerator: settings.get().hotkey.undo, errorCode: null, suggestion: null },
      pasteLast: { accelerator: settings.get().hotkey.pasteLast, errorCode: null, suggestion: null },
    },
    dictation: idleDictation,
    corrections: [],
    files: [],
    notices: [],
    about: {
      version: app.getVersion(),
      electron: process.versions.electron ?? '',
      chrome: process.versions['chrome'] ?? '',
      node: process.versions.node,
      runtimeSource: process.env['PARLEY_RUNTIME_SOURCE'] ?? (app.isPackaged ? 'package' : 'unknown'),
      platform: `${process.platform} ${process.arch}`,
      dataFolder: paths.dataDir,
      modelsFolder: paths.modelsDir,
    },
  }
}
