import type { Settings } from '../../contract'
import type { ServiceClient } from '../../engines/connection/service-client'
import type { AsrEngine } from '../../ports/asr-engine'
import type { ChatEngine } from '../../ports/chat-engine'
import type { Clock } from '../../ports/clock'
import type { TtsEngine } from '../../ports/tts-engine'
import { createOpenAiChat } from '../../engines/chat/openai-chat'

/** What one service can do; null: not this part. */
export interface ServiceEngines extends AsyncDisposable {
  readonly asr: AsrEngine | null
  readonly chat: ChatEngine | null
  readonly tts: TtsEngine | null
}

/** Which engine speaks to a service, by its settings. */
export function createServiceEngines({ chat }: Settings['services'][number], client: ServiceClient, clock: Clock): ServiceEngines {
  return {
    asr: null,
    chat: chat && createOpenAiChat({ client, clock, model: chat.model, kind: chat.completeOnly ? 'complete' : 'stream' }),
    tts: null,
    async [Symbol.asyncDispose]() {},
  }
}
