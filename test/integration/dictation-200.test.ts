import type { XResources } from 'x11'
import type { StoredDictation } from '../../src-main/ports/dictation-store'
import type { GtkProgram } from '../support/programs'
import { Buffer } from 'node:buffer'
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeAll, describe, expect, it } from 'vitest'
import { createActivity } from '../../src-main/desktop/inject/x11-keys-activity'
import { openInputSession } from '../../src-main/desktop/inject/x11-keys-session'
import { systemClock } from '../../src-main/ports/clock'
import { frame } from '../fakes/fake-audio-device'
import { createFakeAsr } from '../fakes/fake-engines'
import { useClipboardPrograms } from '../support/clipboard'
import { useInsertion, useSharedPrograms } from '../support/insertion'
import { openTextView } from '../support/programs'
import { useStage } from '../support/stage'
import { createDictationHarness } from '../unit/dictation/harness'

const COUNT = 200
/** What is made once is there by now. */
const WARM = 40
const FORMER = { 'UTF8_STRING': Buffer.from('what was there'), 'text/html': Buffer.from('<i>what was there</i>') }
/** A dictation's row, its events and its frames in the fakes are some kilobytes. */
const MOST_HEAP_GROWTH_BYTES = 6_000_000

const SUBJECTS = ['The gardener', 'My sister', 'Every old sailor', 'The “quiet” neighbour', 'A friend of Zoë']
const VERBS = ['paints', 'remembers', 'repairs', 'sells', 'draws', 'crosses', 'photographs', 'praises']
const OBJECTS = ['the wooden bridge.', 'a small café.', 'the road to the harbour.', 'the tower — twice.', 'our blue boat!']
/** All different, and as a recogniser writes them. */
const SENTENCES = SUBJECTS.flatMap(subject => VERBS.flatMap(verb => OBJECTS.map(object => `${subject} ${verb} ${object}`)))

describe('200 dictations in a row', () => {
  const stage = useStage({ sound: false })
  const world = useInsertion(stage)
  const owners = useClipboardPrograms(stage)
  const shared = useSharedPrograms()
  let view: GtkProgram

  beforeAll(async () => {
    view = shared(await openTextView(stage()))
  })

  it('are all there, exact, in their order and once, and nothing has grown or changed', async () => {
    const { injector, input, focus, display, clipboardContent, keyboardState } = world()
    await owners.openOwner('CLIPBOARD', FORMER)
    await focus(view)
    const before = [await clipboardContent(), await keyboardState()]
    const { runner, audio, store } = createDictationHarness({ asr: createFakeAsr({ hears: call => SENTENCES[call] ?? '' }), deps: { clock: systemClock, injector } })
    const ends: StoredDictation[] = []
    const waiting = new Set<() => void>()
    runner.events.subscribe((event) => {
      if (event.type === 'entry')
        ends.push(event.dictation)
      waiting.forEach(look => look())
    })
    const until = (isSo: () => boolean): Promise<void> => new Promise((resolve) => {
      const look = (): void => {
        if (!isSo())
          return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
    })

    let warm: Held | undefined
    for (let i = 0; i < COUNT; i++) {
      runner.keyDown('dictate', systemClock.nowMs())
      audio.speak(frame(systemClock.nowMs(), 1_000), frame(systemClock.nowMs(), 1_000))
      runner.keyUp('dictate', systemClock.nowMs())
      // In the second half the next is spoken while the last is still being inserted.
      await until(() => ends.length > i || (i > COUNT / 2 && runner.view().state === 'inserting'))
      if (i === WARM - 1)
        warm = await held(display, runner, injector)
    }
    await until(() => ends.length === COUNT)
    const after = await held(display, runner, injector)

    expect(await view.untilText(text => text.length >= SENTENCES.join(' ').length, 5_000)).toBe(SENTENCES.join(' '))
    expect(ends.map(({ end, how, confirmed, finalText }) => [end, how, confirmed, finalText.trim()])).toEqual(SENTENCES.map(sentence => ['inserted', 'pasted', true, sentence]))
    expect(store.list({ limit: COUNT + 1 })).toHaveLength(COUNT)
    expect([await clipboardContent(), await keyboardState()]).toEqual(before)
    // eslint-disable-next-line no-console -- a measurement
    console.log(`heap: ${Math.round((after.heapBytes - (warm?.heapBytes ?? 0)) / 1024)} KiB more after ${COUNT - WARM} dictations`)
    expect({ ...after, heapBytes: 0 }).toEqual({ ...warm, heapBytes: 0 })
    expect(after.heapBytes - (warm?.heapBytes ?? 0)).toBeLessThan(MOST_HEAP_GROWTH_BYTES)
    expect(input.focus.changes).toMatchObject({ listenerCount: 0 })
    await runner.dispose()
  })
})

interface Held {
  readonly heapBytes: number
  /** Timers, sockets, and so on of this process. */
  readonly handles: Readonly<Record<string, number>>
  /** Of this process's connections on the X server: windows and everything else. */
  readonly xResources: number
  /** Atoms of the server: the number of the next one less those that were made for asking. */
  readonly atoms: number
}

type Done<T> = (error: Error | null | undefined, value: T) => boolean
/** The rest of the extension; `XResources` names what the program uses. */
interface ResourceCounts {
  QueryClients: (done: Done<readonly { readonly resourceBase: number }[]>) => void
  QueryClientResources: (id: number, done: Done<readonly { readonly count: number }[]>) => void
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
let asked = 0

async function held(display: string, runner: { readonly settled: () => Promise<void> }, injector: { readonly settled: () => Promise<void> }): Promise<Held> {
  await runner.settled()
  await injector.settled()
  const session = await openInputSession({ display, clock: systemClock, activity: createActivity() })
  const { connection: { client: X, request } } = session
  try {
    const resources = await request<XResources>(done => X.require('res', done))
    const counts = resources as XResources & ResourceCounts
    const clients = await request<readonly { readonly resourceBase: number }[]>(done => counts.QueryClients(done))
    let xResources = 0
    for (const { resourceBase: client } of clients) {
      const [id] = await request<readonly { readonly value: readonly number[] }[]>(done => counts.QueryClientIds([{ client, mask: counts.ClientIdMask.LocalClientPID }], done))
      const held = id?.value[0] === process.pid ? await request<readonly { readonly count: number }[]>(done => counts.QueryClientResources(client, done)) : []
      xResources += held.reduce((sum, { count }) => sum + count, 0)
    }
    const atoms = await request<number>(done => X.InternAtom(false, `PARLEY_TEST_${asked}`, done)) - asked
    asked++
    const handles: Record<string, number> = {}
    for (const kind of process.getActiveResourcesInfo())
      handles[kind] = (handles[kind] ?? 0) + 1
    collect()
    await new Promise(resolve => setImmediate(resolve))
    collect()
    return { heapBytes: process.memoryUsage().heapUsed, handles, xResources, atoms }
  }
  finally {
    session.connection.close()
  }
}
