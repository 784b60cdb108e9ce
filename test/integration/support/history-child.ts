import process from 'node:process'
import { openHistory } from '../../../src-main/storage/history-store'

/** Saves turns as fast as it can into the history at the first argument, saying the number of each once it is saved. */
const { store } = openHistory(process.argv[2] ?? '')
const conversationId = `c${process.pid}`
store.createConversation({ id: conversationId, title: '', createdAtMs: Date.now(), updatedAtMs: Date.now() })
for (let at = 0; ; at++) {
  store.saveTurn({
    id: `${conversationId}-${at}`,
    conversationId,
    createdAtMs: at,
    takePath: null,
    userText: `question ${at}`,
    replyText: 'answer '.repeat(at % 500),
    heardText: null,
    reasoningText: '',
    end: 'complete',
    errorCode: null,
    hops: {},
    engines: {},
    finish: null,
    usage: null,
    routes: {},
  })
  process.stdout.write(`${at}\n`)
}
