import type { EnginePartName } from '@contract'
import type { IconName } from '../icons'

export const PART_ICONS: Readonly<Record<EnginePartName, IconName>> = { asr: 'mic', chat: 'bubble', tts: 'speaker' }
