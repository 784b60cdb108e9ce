import type { Clock } from '../../src-main/ports/clock'
import type { ClipboardOffer, DesktopInput, InjectionTarget, SavedClipboard } from '../../src-main/ports/text-injector'
import type { ManualClock } from './manual-clock'
import { raceAbort } from '../../src-main/lib/abort'
import { Emitter } from '../../src-main/lib/emitter'

export interface FakeWindowOptions {
  readonly appId?: string
  /** `deaf`: takes keys and has no text. */
  readonly kind?: 'field' | 'chat' | 'terminal' | 'deaf'
  /** What its paste chords paste. */
  readonly pastes?: Readonly<Record<string, 'clipboard' | 'primary'>>
  /** From the chord to the reading. */
  readonly readMs?: number
  /** How long it is busy with each chord. */
  readonly keyMs?: number
  /** Reads in another process: it goes on and answers in the meantime. */
  readonly readsApart?: boolean
  /** Prefers HTML, and asks for it so long after the text. */
  readonly htmlAfterMs?: number
  /** Null: it does not say whether it is awake. */
  readonly answersPings?: boolean
  /** Its selection is told to the system (X11's PRIMARY). */
  readonly tellsSelection?: boolean
  /** What the cursor keys and Backspace pass at once. */
  readonly step?: 'grapheme' | 'code-point'
  /** Something it does to what is typed or pasted: an editor that completes. */
  readonly changes?: (text: string) => string
}

export interface FakeWindow {
  readonly target: InjectionTarget
  readonly text: () => string
  readonly cursor: () => number
  readonly selection: () => string
  /** Lines that a line break has submitted. */
  readonly submitted: () => readonly string[]
  /** Everything that was ever pasted here. */
  readonly pasted: () => readonly string[]
  /** A person puts the text and the cursor there. */
  readonly set: (text: string, cursor?: number) => void
  readonly select: (from: number, to: number) => void
  /** SIGSTOP and SIGCONT. */
  readonly stop: () => void
  readonly resume: () => void
  readonly close: () => void
}

type Formats = ReadonlyMap<string, string>

interface Content {
  readonly owner: string
  readonly formats: Formats
  /** Set on what passes. */
  readonly passing: Passing | null
}

interface Passing {
  readonly reader: InjectionTarget | null
  wasRead: boolean
  /** Another program has taken its place. */
  isOver: boolean
  readonly told: Emitter<void>
  /** What PRIMARY held before it. */
  readonly primaryBefore: Content | null
}

type KeyEvent
  = | { readonly type: 'chord', readonly chord: string }
    | { readonly type: 'text', readonly text: string }
    | { readonly type: 'ping', readonly answer: () => void }

export interface FakeDesktop {
  readonly input: DesktopInput
  readonly open: (options?: FakeWindowOptions) => FakeWindow
  readonly focus: (window: FakeWindow | null) => void
  readonly person: {
    readonly types: (text: string) => void
    /** A modifier. */
    readonly holds: (key: string) => void
    readonly releases: () => void
    readonly copies: (formats: Readonly<Record<string, string>>) => void
    /** Nothing is on the clipboard. */
    readonly clears: () => void
  }
  readonly clipboard: () => Readonly<Record<string, string>> | null
  readonly clipboardOwner: () => string | null
  /** Our text is kept there for managers. */
  readonly isKept: () => boolean
  /** Every content the clipboard had, in order, by its text. */
  readonly clipboardStory: () => readonly (string | null)[]
  /** Synthetic keys that are down now. */
  readonly keysDown: () => readonly string[]
  /** What was pressed and typed for the program. */
  readonly sent: () => readonly string[]
  /** What does not work; changed at any time. */
  readonly faults: {
    noChords: boolean
    noTyping: boolean
    noSaving: boolean
    noOffering: boolean
    noCopying: boolean
    noActivity: boolean
    noFocus: boolean
    /** Formats that cannot be kept. */
    tooLarge: readonly string[]
    pressFails: boolean
  }
  /** Lets time pass until it is settled, at most for a minute. */
  readonly until: <T>(promise: PromiseLike<T>) => Promise<T>
  readonly pass: (ms: number) => Promise<void>
  readonly disposed: () => boolean
}

export interface FakeDesktopOptions {
  readonly clock: ManualClock
  /** How long each question to the system takes. */
  readonly latencyMs?: () => number
  /** Milliseconds until the clipboard is saved. */
  readonly saveMs?: number
  /** Milliseconds until a text is on it. */
  readonly offerMs?: number
  /** As on Windows and macOS. */
  readonly native?: boolean
  readonly pings?: boolean
}

const SIMULATED_LIMIT_MS = 60_000

/**
 * A desktop with windows that take keys from a queue, read the clipboard some time after their paste chord, and put what
 * they find there into their text; with a clipboard that has an owner and several formats; and with a person.
 * A key goes to whatever has the focus at that moment.
 */
export function createFakeDesktop({ clock, latencyMs = () => 0, saveMs = 0, offerMs = 0, native = false, pings = true }: FakeDesktopOptions): FakeDesktop {
  const windows: WindowState[] = []
  const changes = new Emitter<void>()
  const modifiers = new Emitter<void>()
  const held = new Set<string>()
  const down = new Set<string>()
  const sent: string[] = []
  const story: (string | null)[] = []
  const kept = new Set<Passing>()
  const faults: FakeDesktop['faults'] = { noChords: false, noTyping: false, noSaving: false, noOffering: false, noCopying: false, noActivity: false, noFocus: false, tooLarge: [], pressFails: false }
  let focused: WindowState | null = null
  let clipboard: Content | null = null
  let primary: Content | null = null
  let activity = 0
  let isDisposed = false

  async function hop(signal?: AbortSignal, ms = latencyMs()): Promise<void> {
    if (ms <= 0)
      await Promise.resolve()
    else
      await new Promise<void>(resolve => clock.after(ms, resolve))
    signal?.throwIfAborted()
  }

  function setClipboard(content: Content | null): void {
    const before = clipboard?.passing
    clipboard = content
    story.push(content?.formats.get('text/plain') ?? null)
    if (before && content?.passing !== before && content?.owner !== 'parley') {
      before.isOver = true
      before.told.emit()
    }
  }

  function moveFocus(window: WindowState | null): void {
    if (focused === window)
      return
    focused = window
    changes.emit()
  }

  const world = {
    clock,
    read(from: 'clipboard' | 'primary', format: string, reader: InjectionTarget): string | null {
      const content = from === 'clipboard' ? clipboard : primary
      const text = content?.formats.get(format) ?? null
      const passing = content?.passing
      if (passing && format === 'text/plain' && (!passing.reader || passing.reader.id === reader.id)) {
        passing.wasRead = true
        passing.told.emit()
      }
      return text
    },
    select(target: InjectionTarget, text: string) {
      primary = { owner: target.id, formats: new Map([['text/plain', text]]), passing: null }
    },
    copy(target: InjectionTarget, text: string) {
      setClipboard({ owner: target.id, formats: new Map([['text/plain', text]]), passing: null })
    },
  }

  function stateFor(target: InjectionTarget): WindowState | undefined {
    return windows.find(window => window.target.id === target.id)
  }

  function endPrimary(passing: Passing): void {
    if (primary?.passing === passing)
      primary = passing.primaryBefore
  }

  function offerOf(passing: Passing): ClipboardOffer {
    return {
      wasRead: (limitMs, signal) => told(clock, passing.told, () => passing.wasRead ? true : passing.isOver ? false : undefined, limitMs, signal),
      async isCurrent() {
        await hop()
        return clipboard?.passing === passing
      },
      async restore(saved) {
        await hop()
        if (clipboard?.passing !== passing)
          return 'changed'
        endPrimary(passing)
        setClipboard(saved && { owner: 'restored', formats: (saved as FakeSaved).content, passing: null })
        return 'restored'
      },
      async keep({ alsoPrimary = false } = {}) {
        await hop()
        kept.add(passing)
        if (!alsoPrimary)
          endPrimary(passing)
      },
    }
  }

  const input: DesktopInput = {
    mechanism: native ? 'native' : 'x11',
    focus: {
      async current() {
        await hop()
        if (faults.noFocus)
          throw new Error('no focus')
        return focused?.target ?? null
      },
      async stateOf(target) {
        await hop()
        const window = stateFor(target)
        return !window || window.isClosed ? 'gone' : focused === window ? 'focused' : 'elsewhere'
      },
      activity: () => faults.noActivity ? null : activity,
      changes,
      ...(pings && {
        async responds(target: InjectionTarget, limitMs: number, signal: AbortSignal) {
          await hop(signal)
          const window = stateFor(target)
          if (!window || window.isClosed)
            return false
          if (window.options.answersPings === false)
            return null
          let isAnswered = false
          const answers = new Emitter<void>()
          window.take({ type: 'ping', answer: () => {
            isAnswered = true
            answers.emit()
          } })
          return told(clock, answers, () => isAnswered ? true : undefined, limitMs, signal)
        },
      }),
    },
    keys: {
      async modifiersUp(limitMs, signal) {
        await hop(signal)
        return told(clock, modifiers, () => held.size === 0 ? true : undefined, limitMs, signal)
      },
      async press(chord, count = 1) {
        if (faults.noChords)
          return false
        const keys = chord.split('+')
        keys.forEach(key => down.add(key))
        sent.push(count === 1 ? chord : `${chord}×${count}`)
        try {
          for (let pressed = 0; pressed < count; pressed++)
            focused?.take({ type: 'chord', chord: [...new Set([...held, ...keys])].join('+') })
          await hop()
          if (faults.pressFails)
            throw new Error('connection lost')
        }
        finally {
          keys.forEach(key => down.delete(key))
        }
        return true
      },
      async type(text, signal) {
        if (faults.noTyping)
          return false
        sent.push(`“${text}”`)
        for (const character of text) {
          signal.throwIfAborted()
          down.add(character)
          focused?.take({ type: 'text', text: character })
          down.delete(character)
          await hop()
        }
        signal.throwIfAborted()
        return true
      },
    },
    clipboard: {
      async save(signal) {
        await hop(signal, saveMs || latencyMs())
        if (faults.noSaving)
          throw new Error('its owner does not answer')
        return clipboard && saved(clipboard.formats, faults.tooLarge)
      },
      async offer(text, { reader, alsoPrimary }) {
        await hop(undefined, offerMs || latencyMs())
        if (faults.noOffering)
          throw new Error('no clipboard')
        const passing: Passing = { reader, wasRead: false, isOver: false, told: new Emitter(), primaryBefore: primary?.passing ? primary.passing.primaryBefore : primary }
        const content: Content = { owner: 'parley', formats: new Map([['text/plain', text]]), passing }
        setClipboard(content)
        if (alsoPrimary)
          primary = content
        return offerOf(passing)
      },
      async copy(text) {
        await hop()
        if (faults.noCopying)
          throw new Error('no clipboard')
        setClipboard({ owner: 'parley', formats: new Map([['text/plain', text]]), passing: null })
      },
      async selectedText(of, signal) {
        await hop(signal)
        return !native && primary?.owner === of.id ? primary.formats.get('text/plain') ?? null : null
      },
      ...(native && {
        seesReads: false,
        async copySelection(press: () => Promise<boolean>, limitMs: number, signal: AbortSignal) {
          const before = clipboard
          clipboard = null
          await press()
          await hop(signal, limitMs)
          const copied = (clipboard as Content | null)?.formats.get('text/plain') ?? null
          clipboard = before
          return copied
        },
      }),
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true
    },
  }

  async function pass(ms: number): Promise<void> {
    await drained()
    for (let passed = 0; passed < ms; passed++) {
      clock.advance(Math.min(1, ms - passed))
      await drained()
    }
  }

  return {
    input,
    faults,
    open(options = {}) {
      const window = new WindowState(String(windows.length + 1), options, world)
      windows.push(window)
      focused ??= window
      return {
        target: window.target,
        text: () => window.characters.join(''),
        cursor: () => window.cursor,
        selection: () => window.selected(),
        submitted: () => window.submitted,
        pasted: () => window.pasted,
        set: (text, cursor) => window.set(text, cursor),
        select: (from, to) => window.choose(from, to),
        stop: () => {
          window.isStopped = true
        },
        resume: () => window.resume(),
        close: () => {
          window.isClosed = true
          if (focused === window)
            moveFocus(null)
        },
      }
    },
    focus: window => moveFocus(window && (stateFor(window.target) ?? null)),
    person: {
      types(text) {
        activity++
        for (const character of text)
          focused?.take({ type: 'text', text: character })
      },
      holds: key => void held.add(key),
      releases() {
        held.clear()
        modifiers.emit()
      },
      copies: formats => setClipboard({ owner: 'person', formats: new Map(Object.entries(formats)), passing: null }),
      clears: () => setClipboard(null),
    },
    clipboard: () => clipboard && Object.fromEntries(clipboard.formats),
    clipboardOwner: () => clipboard?.owner ?? null,
    isKept: () => clipboard?.passing === null || (clipboard?.passing !== undefined && kept.has(clipboard.passing)),
    clipboardStory: () => story,
    keysDown: () => [...down],
    sent: () => sent,
    async until(awaited) {
      const promise = Promise.resolve(awaited)
      const state = { isSettled: false }
      promise.then(() => state.isSettled = true, () => state.isSettled = true)
      const untilMs = clock.nowMs() + SIMULATED_LIMIT_MS
      await drained()
      while (!state.isSettled) {
        if (clock.nowMs() > untilMs)
          throw new Error('What is waited for does not come.')
        clock.advance(1)
        await drained()
      }
      return promise
    },
    pass,
    disposed: () => isDisposed,
  }
}

/** Whatever can go on without time passing has gone on. */
async function drained(): Promise<void> {
  await new Promise(resolve => setImmediate(resolve))
}

interface FakeSaved extends SavedClipboard {
  readonly content: Formats
}

function saved(formats: Formats, tooLarge: readonly string[]): FakeSaved {
  const content = new Map([...formats].filter(([format]) => !tooLarge.includes(format)))
  return {
    formats: [...content.keys()],
    sizeBytes: [...content.values()].reduce((sum, value) => sum + value.length, 0),
    missing: [...formats.keys()].filter(format => tooLarge.includes(format)),
    content,
  }
}

/** True or false once it is known, false after the limit. */
async function told(clock: Clock, news: Emitter<void>, state: () => boolean | undefined, limitMs: number, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted()
  const known = state()
  if (known !== undefined || limitMs <= 0) {
    await Promise.resolve()
    return known ?? false
  }
  let clean = (): void => {}
  try {
    return await raceAbort(new Promise<boolean>((resolve) => {
      const unsubscribe = news.subscribe(() => {
        const now = state()
        if (now !== undefined)
          resolve(now)
      })
      const cancel = clock.after(limitMs, () => resolve(false))
      clean = () => {
        unsubscribe()
        cancel()
      }
    }), signal)
  }
  finally {
    clean()
  }
}

interface World {
  readonly clock: Clock
  readonly read: (from: 'clipboard' | 'primary', format: string, reader: InjectionTarget) => string | null
  readonly select: (target: InjectionTarget, text: string) => void
  readonly copy: (target: InjectionTarget, text: string) => void
}

/** More than any character is made of. */
const JOINED_STEPS = 10
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

class WindowState {
  readonly target: InjectionTarget
  readonly options: FakeWindowOptions
  readonly submitted: string[] = []
  readonly pasted: string[] = []
  /** By the steps of its cursor. */
  characters: string[] = []
  cursor = 0
  anchor = 0
  isStopped = false
  isClosed = false
  readonly #world: World
  readonly #queue: KeyEvent[] = []
  #isBusy = false

  constructor(id: string, options: FakeWindowOptions, world: World) {
    this.target = { id, appId: options.appId ?? 'some-editor', title: `Window ${id}`, pid: 1000 + Number(id) }
    this.options = options
    this.#world = world
  }

  take(event: KeyEvent): void {
    this.#queue.push(event)
    this.#pump()
  }

  resume(): void {
    this.isStopped = false
    this.#pump()
  }

  set(text: string, cursor?: number): void {
    this.characters = this.#steps(text)
    this.cursor = cursor ?? this.characters.length
    this.anchor = this.cursor
  }

  choose(from: number, to: number): void {
    this.anchor = from
    this.cursor = to
    this.#tell()
  }

  selected(): string {
    return this.characters.slice(Math.min(this.anchor, this.cursor), Math.max(this.anchor, this.cursor)).join('')
  }

  #steps(text: string): string[] {
    return this.options.step === 'code-point' ? [...text] : Array.from(segmenter.segment(text), ({ segment }) => segment)
  }

  #pump(): void {
    while (!this.isStopped && !this.isClosed && !this.#isBusy) {
      const event = this.#queue.shift()
      if (!event)
        return
      if (event.type === 'ping')
        event.answer()
      else if (event.type === 'text')
        this.#typed(event.text)
      else
        this.#slowly(() => this.#pressed(event.chord))
    }
  }

  #slowly(work: () => void): void {
    const { keyMs = 0 } = this.options
    if (keyMs === 0)
      return work()
    this.#isBusy = true
    this.#later(keyMs, () => {
      this.#isBusy = false
      work()
      this.#pump()
    })
  }

  #typed(text: string): void {
    if (this.options.kind === 'deaf')
      return
    if (text === '\n' && (this.options.kind === 'terminal' || this.options.kind === 'chat'))
      this.#submit()
    else
      this.#write(text)
  }

  #pressed(chord: string): void {
    const pastes = this.options.pastes ?? { 'Ctrl+V': 'clipboard' }
    const from = pastes[chord]
    if (from)
      this.#paste(from)
    else if (chord === 'Shift+Left' && this.options.kind !== 'terminal')
      this.#extend()
    else if (chord === 'Right')
      this.#collapse()
    else if (chord === 'Backspace')
      this.#erase()
    else if (chord === 'Ctrl+C' && this.selected() !== '')
      this.#world.copy(this.target, this.selected())
  }

  #paste(from: 'clipboard' | 'primary'): void {
    const { readMs = 5, readsApart = false, htmlAfterMs, kind } = this.options
    if (kind === 'deaf')
      return
    this.#isBusy = !readsApart
    this.#later(readMs, () => {
      const text = this.#world.read(from, 'text/plain', this.target)
      if (htmlAfterMs === undefined)
        this.#pasted(text)
      else
        this.#later(htmlAfterMs, () => this.#pasted(this.#world.read(from, 'text/html', this.target) ?? text))
    })
  }

  /** While it is stopped, nothing happens in it. */
  #later(ms: number, work: () => void): void {
    this.#world.clock.after(ms, () => {
      if (this.isStopped)
        this.#later(1, work)
      else if (!this.isClosed)
        work()
    })
  }

  #pasted(text: string | null): void {
    this.#isBusy = false
    if (text) {
      this.pasted.push(text)
      const lines = this.options.kind === 'terminal' ? text.split('\n') : [text]
      lines.forEach((line, at) => {
        this.#write(line)
        if (at < lines.length - 1)
          this.#submit()
      })
    }
    this.#pump()
  }

  #write(text: string): void {
    // What is written may become one character with what stands before it.
    const from = Math.min(this.anchor, this.cursor)
    const near = Math.max(0, from - JOINED_STEPS)
    const steps = this.#steps(this.characters.slice(near, from).join('') + (this.options.changes?.(text) ?? text))
    this.characters.splice(near, Math.max(this.anchor, this.cursor) - near, ...steps)
    this.cursor = near + steps.length
    this.anchor = this.cursor
  }

  #submit(): void {
    this.submitted.push(this.characters.join(''))
    this.set('')
  }

  #extend(): void {
    this.cursor = Math.max(0, this.cursor - 1)
    this.#tell()
  }

  #tell(): void {
    if (this.options.tellsSelection !== false)
      this.#world.select(this.target, this.selected())
  }

  #collapse(): void {
    this.cursor = this.anchor === this.cursor ? Math.min(this.characters.length, this.cursor + 1) : Math.max(this.anchor, this.cursor)
    this.anchor = this.cursor
  }

  #erase(): void {
    const from = this.anchor === this.cursor ? Math.max(0, this.cursor - 1) : Math.min(this.anchor, this.cursor)
    const to = Math.max(this.anchor, this.cursor)
    this.characters.splice(from, to - from)
    this.cursor = from
    this.anchor = from
  }
}
