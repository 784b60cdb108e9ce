/** What a recogniser writes down of things that are no words. */

const NOISE_WORDS = new Set(`
  applause audience background beep beeping blank blank_audio bell breath breathes breathing chuckle chuckles chuckling cheering cheers
  clapping clears click clicking cough coughing coughs cry crying exhales foreign gasp gasps giggles groans hums humming inaudible inhales
  indistinct keyboard laugh laughing laughs laughter music musik noise noises no_speech pause playing screams sigh sighing sighs silence
  singing sneezes sniff sniffles sniffs snores static typing unintelligible unk whispers whistling wind yawns
  applaus lachen gelächter stille rauschen unverständlich musique rires rire applaudissements bruit inaudible
  música risas aplausos ruido silencio 音楽 拍手 笑い 笑 音乐 掌声
`.trim().split(/\s+/u))

/** Besides a noise word only these: "(upbeat music playing)", but not "(see the music department)". */
const AROUND_NOISE = new Set('the a of in and upbeat soft gentle loud light heavy quiet dramatic door throat heavily softly speaking language audio sound sounds speech crowd dog barking phone ringing'.split(' '))

function isNoise(inside: string): boolean {
  const words = inside.toLowerCase().split(/[\s,.]+/u).filter(word => word !== '')
  return words.length > 0 && words.length <= 5
    && words.some(word => NOISE_WORDS.has(word))
    && words.every(word => NOISE_WORDS.has(word) || AROUND_NOISE.has(word))
}

/** The words that were recognised, without remarks on noises; empty when nothing sayable is left. */
export function withoutNoise(rawText: string): string {
  const text = rawText
    .normalize('NFC')
    .replace(/[\u200B\uFEFF\uE000-\uF8FF]/gu, '')
    .replace(/<\|[^|<>]{0,40}\|>|<unk>|<s>|<\/s>/giu, ' ')
    .replace(/\[([^[\]]{1,60})\]|\(([^()]{1,60})\)|\*([^*\n]{1,60})\*/gu, (all: string, a?: string, b?: string, c?: string) => isNoise(a ?? b ?? c ?? '') ? ' ' : all)
    .replace(/[♪♫♬♩]/gu, ' ')
    .replace(/ {2,}/gu, ' ')
    .replace(/ ?(\r\n|\r|\n) ?/gu, '\n')
    .replace(/\n{3,}/gu, '\n\n')
    .trim()
  return /[\p{L}\p{N}]/u.test(text) ? text : ''
}
