import type { DeviceView, DictationEntryView, FileJobView, HopTimesView, ModelView, PipelineView, Profile, RequestOutput, RoutesView, ServiceSettings, ServiceView, Settings, Snapshot, TurnView } from '@contract'
import { defaultSettings, idleDictation } from '@contract'

/** What a program in use would tell its windows. */
export const HOPS: HopTimesView = {
  keyDownMs: -2_640,
  captureEndMs: 118,
  transcriptMs: 196,
  requestMs: 201,
  firstTokenMs: 312,
  firstPieceMs: 371,
  firstAudioMs: 428,
  firstSoundMs: 452,
  replyEndMs: 1_930,
  playbackEndMs: 9_870,
}

export const IDLE: PipelineView = { state: 'idle', turnId: null, latched: false, errorCode: null }

export function turn(id: string, part: Partial<TurnView> = {}): TurnView {
  return {
    id,
    conversationId: 'c1',
    createdAtMs: 1_000 + Number(id.replace(/\D/g, '')),
    userText: 'How long do I boil an egg?',
    replyText: '',
    heardText: null,
    reasoningText: '',
    end: 'complete',
    errorCode: null,
    hops: HOPS,
    engines: { asr: 'moonshine-base-en', chat: 'qwen2.5-coder-0.5b-instruct-q4-k-m', tts: 'piper-en-us-joe' },
    finish: 'stop',
    usage: null,
    routes: {},
    hasTake: true,
    ...part,
  }
}

export const MARKDOWN_REPLY = `For a **soft yolk**, boil it for *six minutes*. Then put it in cold water.

1. Bring the water to a boil first.
2. Lower the egg in with a spoon.
3. Start the clock.

| Yolk | Minutes |
| --- | ---: |
| Soft | 6 |
| Firm | 9 |

\`\`\`python
def minutes(yolk: str) -> int:
    return {"soft": 6, "firm": 9}[yolk]
\`\`\`

More in [the long version](https://example.org/eggs).`

export const INTERRUPTED_REPLY = 'A sunset is red because the light has a long way through the air. Blue light is scattered out of the beam on that way, and what reaches you is what is left: orange and red. Dust and smoke in the air make it stronger.'

export const models: ModelView[] = [
  { id: 'moonshine-base-en', kind: 'asr', name: 'Moonshine Base, English', licence: 'MIT', sizeBytes: 63_000_000, state: 'ready', progress: null, errorCode: null },
  { id: 'moonshine-tiny-en', kind: 'asr', name: 'Moonshine Tiny, English', licence: 'MIT', sizeBytes: 28_000_000, state: 'installed', progress: null, errorCode: null },
  { id: 'silero-vad-v5', kind: 'vad', name: 'Silero VAD 5', licence: 'MIT', sizeBytes: 2_300_000, state: 'ready', progress: null, errorCode: null },
  { id: 'piper-en-us-joe', kind: 'tts', name: 'Joe, American English', licence: 'MIT, phoneme data GPL-3.0', sizeBytes: 82_000_000, state: 'loading', progress: null, errorCode: null },
  { id: 'qwen2.5-coder-0.5b-instruct-q4-k-m', kind: 'chat', name: 'Qwen2.5 Coder 0.5B Instruct', licence: 'Apache-2.0', sizeBytes: 491_400_064, state: 'ready', progress: null, errorCode: null },
  { id: 'smollm2-135m-instruct-q4-1', kind: 'chat', name: 'SmolLM2 135M Instruct', licence: 'Apache-2.0', sizeBytes: 98_000_000, state: 'installing', progress: 0.43, errorCode: null },
  { id: 'gemma-3-4b-it-q4-k-m', kind: 'chat', name: 'Gemma 3 4B', licence: 'Gemma', sizeBytes: 2_490_000_000, state: 'failed', progress: null, errorCode: 'download-failed' },
]

export const devices: DeviceView[] = [
  { id: 'in-1', name: 'Built-in Audio Analog Stereo', kind: 'input', isDefault: true, isMonitor: false },
  { id: 'in-2', name: 'Yeti Stereo Microphone', kind: 'input', isDefault: false, isMonitor: false },
  { id: 'in-3', name: 'Built-in Audio', kind: 'input', isDefault: false, isMonitor: true },
  { id: 'out-1', name: 'Built-in Audio Analog Stereo', kind: 'output', isDefault: true, isMonitor: false },
  { id: 'out-2', name: 'HDMI / DisplayPort', kind: 'output', isDefault: false, isMonitor: false },
]

export function service(part: Partial<ServiceSettings> & Pick<ServiceSettings, 'id'>): ServiceSettings {
  return { name: part.id, baseUrl: `https://${part.id}.example.org/v1`, enabled: true, privacy: null, keyEnv: null, caFile: null, chat: null, asr: null, tts: null, ...part }
}

export function serviceView(part: Partial<ServiceSettings> & Pick<ServiceSettings, 'id'>, view: Partial<Omit<ServiceView, 'service'>> = {}): ServiceView {
  return { service: service(part), privacy: 'internet', key: 'keychain', restsUntilMs: null, errorCode: null, latencyMs: {}, ...view }
}

/** One that works, one that rests, one whose key is refused, one on this machine, one that is switched off. */
export const services: ServiceView[] = [
  serviceView({
    id: 'openai',
    name: 'OpenAI',
    baseUrl: 'https://api.openai.com/v1',
    chat: { model: 'gpt-4o-mini', completeOnly: false, price: 0.6 },
    asr: { model: 'gpt-4o-mini-transcribe', mode: 'realtime', price: null },
    tts: { model: 'gpt-4o-mini-tts', voice: 'alloy', format: 'pcm', price: null },
  }, { latencyMs: { asr: 212, chat: 431, tts: 380 } }),
  serviceView({ id: 'groq', name: 'Groq', baseUrl: 'https://api.groq.com/openai/v1', keyEnv: 'GROQ_API_KEY', chat: { model: 'llama-3.1-8b-instant', completeOnly: false, price: null } }, { key: 'environment', latencyMs: { chat: 164 }, restsUntilMs: 4_102_444_800_000, errorCode: 'service-unreachable' }),
  serviceView({ id: 'gateway', name: 'Company gateway', baseUrl: 'https://models.gateway.internal/v1', chat: { model: 'router', completeOnly: true, price: null } }, { privacy: 'network', errorCode: 'service-key' }),
  serviceView({ id: 'ollama', name: 'Ollama', baseUrl: 'http://127.0.0.1:11434/v1', chat: { model: 'qwen3:4b', completeOnly: false, price: null } }, { privacy: 'machine', key: 'none' }),
  serviceView({ id: 'speaches', name: 'Speaches', baseUrl: 'http://127.0.0.1:8000/v1', enabled: false, tts: { model: 'kokoro', voice: 'af_heart', format: 'pcm', price: null } }, { privacy: 'machine', key: 'none' }),
]

export const offers: RequestOutput<'services.offers'> = {
  presets: [
    { id: 'openai', name: 'OpenAI', baseUrl: 'https://api.openai.com/v1', needsKey: true, keyEnv: null, chat: { model: 'gpt-4o-mini' }, asr: { model: 'gpt-4o-mini-transcribe', mode: 'realtime' }, tts: { model: 'gpt-4o-mini-tts', voice: 'alloy', format: 'pcm' } },
    { id: 'openrouter', name: 'OpenRouter', baseUrl: 'https://openrouter.ai/api/v1', needsKey: true, keyEnv: null, chat: { model: 'openrouter/auto' }, asr: null, tts: null },
    { id: 'groq', name: 'Groq', baseUrl: 'https://api.groq.com/openai/v1', needsKey: true, keyEnv: 'GROQ_API_KEY', chat: { model: 'llama-3.1-8b-instant' }, asr: { model: 'whisper-large-v3-turbo', mode: 'upload' }, tts: null },
    { id: 'ollama', name: 'Ollama', baseUrl: 'http://127.0.0.1:11434/v1', needsKey: false, keyEnv: null, chat: { model: null }, asr: null, tts: null },
    { id: 'speaches', name: 'Speaches', baseUrl: 'http://127.0.0.1:8000/v1', needsKey: false, keyEnv: null, chat: null, asr: { model: null, mode: 'stream' }, tts: { model: null, voice: 'af_heart', format: 'pcm' } },
  ],
  environment: { name: 'OpenAI', baseUrl: 'https://api.openai.com/v1', keyEnv: 'OPENAI_API_KEY' },
  found: [{ presetId: 'ollama', name: 'Ollama', baseUrl: 'http://127.0.0.1:11434/v1', models: ['llama3.2:3b', 'qwen3:4b'] }],
}

/** A turn whose answer came from the second one asked, and whose voice from the one that was faster. */
export const ROUTES: RoutesView = {
  asr: { part: 'asr', servedBy: 'openai', why: 'fastest', expectedMs: 190, attempts: [{ serviceId: 'openai', model: 'gpt-4o-mini-transcribe', outcome: 'served', errorCode: null, startMs: 0, firstOutputMs: 196, endMs: 201, hedge: false, delivery: 'stream' }], skipped: [] },
  chat: {
    part: 'chat',
    servedBy: 'ollama',
    why: 'fallback',
    expectedMs: null,
    attempts: [
      { serviceId: 'openai', model: 'gpt-4o-mini', outcome: 'failed', errorCode: 'service-busy', startMs: 0, firstOutputMs: null, endMs: 41, hedge: false, delivery: null },
      { serviceId: 'ollama', model: 'qwen3:4b', outcome: 'served', errorCode: null, startMs: 42, firstOutputMs: 111, endMs: 1_700, hedge: false, delivery: 'stream' },
    ],
    skipped: [{ serviceId: 'groq', reason: 'breaker' }, { serviceId: 'gateway', reason: 'key' }],
  },
  tts: {
    part: 'tts',
    servedBy: 'local',
    why: 'hedge',
    expectedMs: 60,
    attempts: [
      { serviceId: 'openai', model: 'gpt-4o-mini-tts', outcome: 'lost', errorCode: null, startMs: 0, firstOutputMs: null, endMs: 57, hedge: false, delivery: null },
      { serviceId: 'local', model: 'piper-en-us-joe', outcome: 'served', errorCode: null, startMs: 31, firstOutputMs: 57, endMs: 900, hedge: true, delivery: 'stream' },
    ],
    skipped: [],
  },
}

/** A dictation of today, `agoMs` before now. */
export function dictation(id: string, part: Partial<DictationEntryView> = {}, agoMs = 0): DictationEntryView {
  const text = part.finalText ?? 'The meeting is moved to Thursday at three. I will send the notes before.'
  return {
    id,
    kind: 'dictation',
    createdAtMs: Date.now() - agoMs,
    durationMs: 6_240,
    rawText: text,
    finalText: text,
    end: 'inserted',
    errorCode: null,
    target: { appId: 'Gedit', title: 'notes.txt (~/Documents) – gedit' },
    how: 'pasted',
    confirmed: true,
    why: null,
    cleanup: null,
    times: { keyDownMs: -6_240, captureEndMs: 12, transcriptMs: 96, formattedMs: 97, storedMs: 99, insertedMs: 128 },
    hasTake: true,
    asr: 'local',
    ...part,
  }
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** One of each kind and end, over some days. */
export const dictations: DictationEntryView[] = [
  dictation('d1', {}, 0),
  dictation('d2', {
    rawText: 'um could you could you look at the post gres migration before friday comma it it fails on the second run',
    finalText: 'Could you look at the PostgreSQL migration before Friday? It fails on the second run.',
    cleanup: 'light',
    target: { appId: 'Slack', title: 'release (channel) – Workshop – Slack' },
    times: { keyDownMs: -7_900, captureEndMs: 14, transcriptMs: 110, formattedMs: 112, cleanedMs: 641, storedMs: 644, insertedMs: 689 },
  }, 2 * MINUTE_MS),
  dictation('d3', { kind: 'edit', rawText: 'Make this shorter and more friendly.', finalText: 'Thanks for waiting! The new build is ready, and it fixes the crash you saw.', cleanup: 'Make this shorter and more friendly.', target: { appId: 'firefox', title: 'Reply to issue 214 – Mozilla Firefox' }, durationMs: 2_900 }, 9 * MINUTE_MS),
  dictation('d4', { end: 'copied', how: 'copied', confirmed: false, why: 'focus-moved', finalText: 'See you at the station, track nine.', target: { appId: 'org.gnome.Nautilus', title: 'Downloads' } }, 14 * MINUTE_MS),
  dictation('d5', { end: 'failed', errorCode: 'service-busy', rawText: '', finalText: '', how: null, confirmed: false, asr: 'openai', times: {} }, 31 * MINUTE_MS),
  dictation('d6', { end: 'empty', rawText: '', finalText: '', how: null, confirmed: false, times: {}, durationMs: 1_800 }, DAY_MS),
  dictation('d7', { finalText: 'Before you begin, read the whole recipe once. '.repeat(14).trim(), target: { appId: 'libreoffice-writer', title: 'A cookery book for people who have never cooked anything in their lives, third edition.odt – LibreOffice Writer' }, durationMs: 94_000 }, DAY_MS + MINUTE_MS),
  dictation('d8', { end: 'cancelled', rawText: 'And another thing', finalText: '', how: null, confirmed: false, times: {} }, 2 * DAY_MS),
  dictation('d9', { kind: 'file', finalText: 'Good morning, everybody. The first point is the budget for the second quarter.', target: { appId: '', title: 'Council meeting, 3 March.mp3' }, durationMs: 3_725_000, hasTake: false, how: null, times: {} }, 3 * DAY_MS),
]

export const fileJobs: FileJobView[] = [
  { id: 'f1', name: 'Council meeting, 3 March.mp3', state: 'done', progress: 1, errorCode: null, dictationId: 'd9' },
  { id: 'f2', name: 'Interview with the harbour master about the winter storms, part two.wav', state: 'running', progress: 0.37, errorCode: null, dictationId: 'd10' },
  { id: 'f3', name: 'Lecture.flac', state: 'waiting', progress: null, errorCode: null, dictationId: null },
  { id: 'f4', name: 'holiday.png', state: 'failed', progress: null, errorCode: 'not-audio', dictationId: null },
]

/** Settings of somebody who dictates a lot. */
export const dictationSettings: Settings['dictation'] = {
  ...defaultSettings.dictation,
  mode: 'live',
  cleanup: 'own',
  ownPrompt: 'Write it in British spelling, and leave out greetings.',
  learn: true,
  dictionary: [
    { word: 'PostgreSQL', heard: ['post gres', 'post gress sequel'], soundsLike: true },
    { word: 'Ansible', heard: [], soundsLike: true },
    { word: 'kubectl', heard: ['cube control', 'cube cuttle', 'cube C T L', 'cube cuddle'], soundsLike: false },
    { word: 'Zürich', heard: [], soundsLike: false },
    { word: 'Notion', heard: ['notion'], soundsLike: false },
    { word: 'WebAssembly', heard: ['web assembly'], soundsLike: true },
    { word: 'Øresund', heard: ['oar sund'], soundsLike: true },
    { word: 'Matplotlib', heard: ['mat plot lib'], soundsLike: true },
  ],
  snippets: [
    { name: 'signature', text: 'Kind regards\n\nThe harbour office\nQuay 4' },
    { name: 'address', text: 'Quay 4, 1234 Harbour Town' },
  ],
  profiles: [
    profile('mail', { name: 'Mail', app: 'thunderbird', title: '*Write:*', cleanup: 'email', spokenPunctuation: true, snippets: [{ name: 'greeting', text: 'Good morning' }] }),
    profile('terminal', { name: 'Terminal', app: 'org.gnome.*', cleanup: 'off', method: 'type', chord: 'Ctrl+Shift+V', newlines: false }),
    profile('vault', { name: 'Passwords', app: 'keepassxc', never: true }),
    profile('german', { name: 'Letters to Austria', title: '*Österreich*', language: 'de-AT' }),
  ],
}

function profile(id: string, part: Partial<Profile>): Profile {
  return { id, name: id, app: '', title: '', never: false, cleanup: null, ownPrompt: null, method: null, chord: null, newlines: null, language: null, spokenPunctuation: null, snippets: [], ...part }
}

export function snapshot(part: Partial<Snapshot> = {}): Snapshot {
  const now = Date.now()
  const day = 86_400_000
  return {
    seq: 0,
    pipeline: IDLE,
    partial: null,
    conversations: [
      { id: 'c1', title: 'Boiling an egg', createdAtMs: now, updatedAtMs: now },
      { id: 'c2', title: 'Why sunsets are red', createdAtMs: now, updatedAtMs: now },
      { id: 'c3', title: 'A packing list for a week in the mountains in autumn', createdAtMs: now - day, updatedAtMs: now - day },
      { id: 'c4', title: 'Café names in Zürich', createdAtMs: now - 3 * day, updatedAtMs: now - 3 * day },
      { id: 'c5', title: 'Regular expressions for dates', createdAtMs: now - 30 * day, updatedAtMs: now - 30 * day },
    ],
    activeConversationId: 'c1',
    turns: [],
    settings: defaultSettings,
    devices,
    microphone: 'open',
    listeningPaused: false,
    services: [],
    models: models.map(model => model.kind === 'tts' ? { ...model, state: 'ready' } : model),
    hotkey: { accelerator: 'Ctrl+Alt+Space', mode: 'auto', mechanism: 'x11', hold: true, errorCode: null, suggestion: null },
    keys: {
      dictate: { accelerator: 'Ctrl+Alt+D', errorCode: null, suggestion: null },
      edit: { accelerator: 'Ctrl+Alt+Shift+D', errorCode: null, suggestion: null },
      undo: { accelerator: '', errorCode: null, suggestion: null },
      pasteLast: { accelerator: '', errorCode: null, suggestion: null },
    },
    dictation: idleDictation,
    corrections: [],
    files: [],
    notices: [],
    about: { version: '0.1.0', electron: '33.2.1', chrome: '130.0.6723.118', node: '20.18.1', runtimeSource: 'release', platform: 'Linux 6.1, x64', dataFolder: '/home/user/.local/share/parley', modelsFolder: '/home/user/.cache/parley/models' },
    ...part,
  }
}
