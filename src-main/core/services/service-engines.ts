import type { Settings } from '../../contract'
import type { RealtimeDialect } from '../../engines/asr/realtime-dialect'
import type { ServiceClient } from '../../engines/connection/service-client'
import type { AsrEngine } from '../../ports/asr-engine'
import type { ChatEngine } from '../../ports/chat-engine'
import type { Clock } from '../../ports/clock'
import type { TtsEngine } from '../../ports/tts-engine'
import { createRealtimeEngine } from '../../engines/asr/realtime'
import { createTranscriptionsEngine } from '../../engines/asr/transcriptions'
import { createOpenAiChat } from '../../engines/chat/openai-chat'
import { createSpeechEngine } from '../../engines/tts/speech'

type ServiceSettings = Settings['services'][number]

/** What one service can do; null: not this part. */
export interface ServiceEngines extends AsyncDisposable {
  readonly asr: AsrEngine | null
  readonly chat: ChatEngine | null
  readonly tts: TtsEngine | null
}

/** Which engine speaks to a service, by its settings. */
export function createServiceEngines({ asr, chat, tts }: ServiceSettings, client: ServiceClient, clock: Clock): ServiceEngines {
  const recogniser = asr && recogniserOf(asr, client, clock)
  return {
    asr: recogniser,
    chat: chat && createOpenAiChat({ client, clock, model: chat.model, kind: chat.completeOnly ? 'complete' : 'stream' }),
    tts: tts && createSpeechEngine({ client, clock, model: tts.model, voice: tts.voice, format: tts.format }),
    async [Symbol.asyncDispose]() {
      await recogniser?.[Symbol.asyncDispose]?.()
    },
  }
}

const DIALECTS: Readonly<Partial<Record<NonNullable<ServiceSettings['asr']>['mode'], RealtimeDialect>>> = { 'realtime': 'openai', 'realtime-beta': 'openai-beta', 'realtime-16k': '16k' }

function recogniserOf({ model, mode }: NonNullable<ServiceSettings['asr']>, client: ServiceClient, clock: Clock): AsrEngine & Partial<AsyncDisposable> {
  const dialect = DIALECTS[mode]
  return dialect === undefined
    ? createTranscriptionsEngine({ client, clock, model, stream: mode === 'stream', uploadWhileSpeaking: mode === 'upload-live' })
    : createRealtimeEngine({ client, clock, model, dialect })
}
