import process from 'node:process'
import { openHistory } from '../../../src-main/storage/history-store'

/** Saves turns (or, by the second argument, dictations) as fast as it can into the history at the first argument, saying the number of each once it is saved. */
const [, , file = '', what] = process.argv
const { store, dictations } = openHistory(file)
const conversationId = `c${process.pid}`

function saveTurn(at: number): void {
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
}

/** As it is while a dictation runs: on disk before anything is known, then with its text, then inserted. */
function saveDictation(at: number): void {
  const begun = { id: `${conversationId}-${at}`, kind: 'dictation', createdAtMs: at, takePath: `/takes/${at}.wav`, durationMs: 1, rawText: '', finalText: '', end: 'pending', errorCode: null, target: null, how: null, confirmed: false, why: null, cleanup: null, times: {}, routes: {} } as const
  dictations.save(begun)
  const text = `said ${'word '.repeat(at % 300)}${at}`
  dictations.save({ ...begun, rawText: text, finalText: text, end: 'inserted', how: 'pasted' })
}

store.createConversation({ id: conversationId, title: '', createdAtMs: Date.now(), updatedAtMs: Date.now() })
for (let at = 0; ; at++) {
  if (what === 'dictations')
    saveDictation(at)
  else
    saveTurn(at)
  process.stdout.write(`${at}\n`)
}
