import type { ServiceSettings } from '../../contract'

/** What a new service begins with. Models are proposals: `/models` tells what there is. */
export interface ServicePreset {
  readonly id: string
  readonly name: string
  readonly baseUrl: string
  readonly needsKey: boolean
  /** The variable of the environment where its users keep the key. */
  readonly keyEnv: string | null
  /** A server on this machine: it is looked for. */
  readonly isLocalServer: boolean
  readonly chat: Partial<NonNullable<ServiceSettings['chat']>> | null
  readonly asr: Partial<NonNullable<ServiceSettings['asr']>> | null
  readonly tts: Partial<NonNullable<ServiceSettings['tts']>> | null
}

function cloud(preset: Partial<ServicePreset> & Pick<ServicePreset, 'id' | 'name' | 'baseUrl' | 'keyEnv'>): ServicePreset {
  return { needsKey: true, isLocalServer: false, chat: null, asr: null, tts: null, ...preset }
}

function local(preset: Partial<ServicePreset> & Pick<ServicePreset, 'id' | 'name' | 'baseUrl'>): ServicePreset {
  return { needsKey: false, keyEnv: null, isLocalServer: true, chat: null, asr: null, tts: null, ...preset }
}

export const SERVICE_PRESETS: readonly ServicePreset[] = [
  cloud({ id: 'router', name: 'Router', baseUrl: 'http://localhost:8000/v1', keyEnv: null, needsKey: false, chat: { model: 'router' } }),
  cloud({
    id: 'openai',
    name: 'OpenAI',
    baseUrl: 'https://api.openai.com/v1',
    keyEnv: 'OPENAI_API_KEY',
    chat: { model: 'gpt-4o-mini' },
    asr: { model: 'gpt-4o-mini-transcribe', mode: 'realtime' },
    tts: { model: 'gpt-4o-mini-tts', voice: 'alloy', format: 'pcm' },
  }),
  cloud({ id: 'openrouter', name: 'OpenRouter', baseUrl: 'https://openrouter.ai/api/v1', keyEnv: 'OPENROUTER_API_KEY', chat: { model: 'openrouter/auto' } }),
  cloud({
    id: 'groq',
    name: 'Groq',
    baseUrl: 'https://api.groq.com/openai/v1',
    keyEnv: 'GROQ_API_KEY',
    chat: { model: 'llama-3.1-8b-instant' },
    asr: { model: 'whisper-large-v3-turbo', mode: 'upload' },
  }),
  local({ id: 'ollama', name: 'Ollama', baseUrl: 'http://127.0.0.1:11434/v1', chat: {} }),
  local({ id: 'lm-studio', name: 'LM Studio', baseUrl: 'http://127.0.0.1:1234/v1', chat: {} }),
  local({ id: 'llama-cpp', name: 'llama.cpp', baseUrl: 'http://127.0.0.1:8080/v1', chat: {} }),
  local({ id: 'vllm', name: 'vLLM', baseUrl: 'http://127.0.0.1:8000/v1', chat: {} }),
  local({ id: 'litellm', name: 'LiteLLM', baseUrl: 'http://127.0.0.1:4000/v1', chat: {} }),
  local({
    id: 'speaches',
    name: 'Speaches',
    baseUrl: 'http://127.0.0.1:8000/v1',
    asr: { mode: 'stream' },
    tts: { voice: 'af_heart', format: 'pcm' },
  }),
]
