import type { ChatEvent, ChatFinish } from '../../../ports/chat-engine'
import type { LanguageModel } from './llama'
import { createThinkSplitter } from '../../../lib/think-splitter'
import { createRepetitionDetector } from './repetition-detector'
import { createStopScanner } from './stop-scanner'
import { createTokenText } from './token-text'

export interface ReplyText {
  /** Why the reply ends with this token, if it does. */
  push: (token: number) => ChatFinish | undefined
  /** The model has ended it: tells what was held back. */
  flush: () => void
}

/** From tokens to events: whole characters, cut at a stop string, thinking apart, watched for loops. */
export function createReplyText(model: Pick<LanguageModel, 'detokenise'>, stops: readonly string[], emit: (event: ChatEvent) => void): ReplyText {
  const characters = createTokenText<number>(model.detokenise)
  const scanner = createStopScanner(stops)
  const thinking = createThinkSplitter()
  const repetition = createRepetitionDetector()

  function flush(): void {
    tell(scanner.push(characters.flush()).text)
    tell(scanner.flush())
    for (const part of thinking.flush())
      emit(part)
  }

  function tell(text: string): void {
    for (const part of thinking.push(text))
      emit(part)
  }

  return {
    push(token) {
      const { text, stopped } = scanner.push(characters.push(token))
      tell(text)
      if (stopped) {
        for (const part of thinking.flush())
          emit(part)
        return 'stop'
      }
      if (repetition.push(text)) {
        flush()
        return 'repetition'
      }
      return undefined
    },
    flush,
  }
}
