import type { ChatMessage, ChatOptions } from '../ports/chat-engine'
import type { LocalChatEngine } from './local-models'
import type { ModelAccess } from './model-access'

/** The language model in the child, as an engine. The reply is bounded by its tokens, so it may run ahead of its reader. */
export function createLocalChat(access: ModelAccess): LocalChatEngine {
  return {
    id: 'local',
    async* complete(messages: readonly ChatMessage[], { signal, maxTokens, temperature }: ChatOptions) {
      const lease = await access.acquire('chat', signal)
      const request = lease.link.open(id => ({
        type: 'chat.start',
        id,
        messages: messages.map(plainMessage),
        ...(maxTokens === undefined ? {} : { maxTokens }),
        ...(temperature === undefined ? {} : { temperature }),
      }))
      try {
        for await (const payload of request.stream.consume(signal)) {
          if (payload.of === 'chat')
            yield payload.event
        }
      }
      finally {
        request.cancel()
        lease.release()
      }
    },
    async prime(messages, { signal, unfinished = false }) {
      const lease = await access.acquire('chat', signal)
      const request = lease.link.open(id => ({ type: 'chat.prime', id, messages: messages.map(plainMessage), unfinished }))
      try {
        for await (const payload of request.stream.consume(signal))
          void payload
      }
      finally {
        request.cancel()
        lease.release()
      }
    },
  }
}

/** What a caller hangs on a message (a reactive proxy, ids) may not be clonable. */
function plainMessage({ role, content }: ChatMessage): ChatMessage {
  return { role, content }
}
