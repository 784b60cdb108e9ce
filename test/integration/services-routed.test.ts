import type { ChatScript } from '../fakes/service-server/chat-scripts'
import { Buffer } from 'node:buffer'
import { afterAll, beforeAll, describe } from 'vitest'
import { createRealtimeEngine } from '../../src-main/engines/asr/realtime'
import { createTranscriptionsEngine } from '../../src-main/engines/asr/transcriptions'
import { createOpenAiChat } from '../../src-main/engines/chat/openai-chat'
import { createServiceClient } from '../../src-main/engines/connection/service-client'
import { DEFAULT_POLICY } from '../../src-main/engines/router/candidates'
import { RouteMemory } from '../../src-main/engines/router/route-memory'
import { createRoutedAsr } from '../../src-main/engines/router/routed-asr'
import { createRoutedChat } from '../../src-main/engines/router/routed-chat'
import { createRoutedTts } from '../../src-main/engines/router/routed-tts'
import { createSpeechEngine } from '../../src-main/engines/tts/speech'
import { systemClock } from '../../src-main/ports/clock'
import { CHAT_SCRIPTS } from '../fakes/service-server/chat-scripts'
import { startChatServer } from '../fakes/service-server/chat-server'
import { startRealtimeServer } from '../fakes/service-server/realtime'
import { startSpeechServer, tone } from '../fakes/service-server/speech'
import { speak } from '../fakes/service-server/spoken-words'
import { startTranscriptionServer } from '../fakes/service-server/transcriptions'
import { describeAsrConformance, describeChatConformance, describeTtsConformance } from '../support/engine-conformance'

/** The routers, over services on real sockets, of which the first to be asked refuses. */

const clock = systemClock
const MESSAGES = [{ role: 'user', content: 'What is the capital of France?' }] as const
const opened: AsyncDisposable[] = []
afterAll(async () => {
  for (const last of opened.reverse())
    await last[Symbol.asyncDispose]()
})

function open<T extends AsyncDisposable>(resource: T): T {
  opened.push(resource)
  return resource
}

function clientOf(id: string, baseUrl: string) {
  return open(createServiceClient({ endpoint: { id, name: id, baseUrl, privacy: 'machine', caFile: null, key: () => null }, clock }))
}

/** A new memory for each call: otherwise the service that refuses would soon not be asked any more. */
function router<E>(engines: Readonly<Record<string, E>>) {
  return {
    candidates: () => Object.entries(engines).map(([serviceId, engine]) => ({ serviceId, model: 'm', privacy: 'machine' as const, engine })),
    policy: () => ({ ...DEFAULT_POLICY, order: Object.keys(engines) }),
    memory: new RouteMemory({ clock }),
    clock,
  }
}

describe('conformance of the routers over services', () => {
  let chat: Record<string, ReturnType<typeof createOpenAiChat>>
  let voices: Record<string, ReturnType<typeof createSpeechEngine>>
  let ears: Record<string, ReturnType<typeof createTranscriptionsEngine>>

  beforeAll(async () => {
    const refusing = open(await startChatServer())
    refusing.serve({ fault: { type: 'status', status: 503 } })
    const answering = open(await startChatServer())
    answering.serve({ script: CHAT_SCRIPTS['plain'] as ChatScript, fault: { type: 'drip', everyMs: 0 } })
    chat = Object.fromEntries([refusing, answering].map(({ baseUrl }, i) => [`chat-${i}`, createOpenAiChat({ client: clientOf(`chat-${i}`, baseUrl), clock, model: 'm' })]))

    const speaking = open(await startSpeechServer())
    speaking.serve(({ body }) => ({ contentType: 'audio/pcm', body: Buffer.from(tone(String(body['input']).length * 200).buffer), fault: { type: 'drip', bytes: 2000 } }))
    voices = Object.fromEntries([refusing, speaking].map(({ baseUrl }, i) => [`voice-${i}`, createSpeechEngine({ client: clientOf(`voice-${i}`, baseUrl), clock, model: 'm', voice: 'v' })]))

    const deaf = open(await startRealtimeServer())
    deaf.serve({ refuse: { status: 503 } })
    const hearing = open(await startTranscriptionServer())
    ears = {
      'ear-0': open(createRealtimeEngine({ client: clientOf('ear-0', deaf.baseUrl), clock, model: 'm' })),
      'ear-1': createTranscriptionsEngine({ client: clientOf('ear-1', hearing.baseUrl), clock, model: 'm' }),
    }
  })

  describeChatConformance('router over services', { engine: () => createRoutedChat(router(chat)), messages: MESSAGES })
  describeTtsConformance('router over services', { engine: () => createRoutedTts(router(voices)) })
  describeAsrConformance('router over services', { engine: () => createRoutedAsr(router(ears)), speech: () => speak([100, 'one', 'two', 'three', 'four', 100]), heard: /^one two three four$/ })
})
