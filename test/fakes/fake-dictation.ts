import type { DictationStore, StoredDictation } from '../../src-main/ports/dictation-store'
import type { InjectionTarget, InsertOptions, InsertReport, LiveInsertion, TextInjector, UndoOutcome } from '../../src-main/ports/text-injector'

/** The port in memory; `saves` keeps every state that was stored, in order. */
export interface MemoryDictations extends DictationStore {
  readonly saves: readonly StoredDictation[]
  /** From now on saving fails with this; null mends it. */
  breakWith: (error: Error | null) => void
}

export function createMemoryDictations(): MemoryDictations {
  const rows = new Map<string, StoredDictation>()
  const saves: StoredDictation[] = []
  let failure: Error | null = null
  const newestFirst = (): StoredDictation[] => [...rows.values()].sort((a, b) => b.createdAtMs - a.createdAtMs)
  const remove = (doomed: readonly StoredDictation[]): string[] => doomed.flatMap(({ id, takePath }) => {
    rows.delete(id)
    return takePath === null ? [] : [takePath]
  })
  return {
    saves,
    breakWith(error) {
      failure = error
    },
    save(dictation) {
      if (failure)
        throw failure
      saves.push(dictation)
      rows.set(dictation.id, dictation)
    },
    get: id => rows.get(id),
    list: ({ limit = 50, search = '', beforeMs = Infinity } = {}) => newestFirst().filter(row => row.createdAtMs < beforeMs && row.finalText.includes(search)).slice(0, limit),
    last: () => newestFirst().find(({ end }) => end === 'inserted' || end === 'copied'),
    delete: ids => remove(ids.map(id => rows.get(id)).filter(row => row !== undefined)),
    closePending: () => 0,
  }
}

export interface FakeInjector extends TextInjector {
  focus: InjectionTarget | null
  selected: string | null
  /** What the next insertions report; `pasted` and confirmed unless said otherwise. */
  report: Partial<InsertReport>
  undoOutcome: UndoOutcome
  readonly inserted: { readonly text: string, readonly target: InjectionTarget | null, readonly options: InsertOptions }[]
  /** Texts that live insertions showed, in order. */
  readonly shown: string[]
  readonly undone: string[]
  /** Insertions wait for this. */
  gate: Promise<void>
  /** Live text fails from now on: the focus moved. */
  liveFails: boolean
}

/** An injector that writes down what it was asked for: the world beyond it is for other tests. */
export function createFakeInjector(): FakeInjector {
  const injector: FakeInjector = {
    mechanism: 'x11',
    focus: { id: '1', appId: 'Editor', title: 'notes.txt', pid: 42 },
    selected: null,
    report: {},
    undoOutcome: 'undone',
    inserted: [],
    shown: [],
    undone: [],
    gate: Promise.resolve(),
    liveFails: false,
    target: async () => injector.focus,
    selection: async () => injector.selected,
    async insert(text, target, options) {
      await injector.gate
      options.signal.throwIfAborted()
      injector.inserted.push({ text, target, options })
      return report(text, options.method)
    },
    live(target, options): LiveInsertion {
      return {
        async update(text) {
          if (injector.liveFails)
            throw new Error('the focus moved')
          injector.shown.push(text)
        },
        async finish(text) {
          injector.shown.push(text)
          injector.inserted.push({ text, target, options })
          return report(text, 'type')
        },
      }
    },
    forgiveHotkey() {},
    settled: async () => {},
    async [Symbol.asyncDispose]() {},
  }

  function report(text: string, method: InsertOptions['method']): InsertReport {
    const copied = method === 'copy'
    return {
      how: copied ? 'copied' : 'pasted',
      confirmed: !copied,
      why: copied ? 'copy-only' : null,
      text,
      isLast: () => true,
      undo: async () => {
        injector.undone.push(text)
        return injector.undoOutcome
      },
      ...injector.report,
    }
  }
  return injector
}
