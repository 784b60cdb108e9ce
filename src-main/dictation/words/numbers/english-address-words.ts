/** No words of English among them ("dot me", "dot it"). */
export const TOP_DOMAINS: ReadonlySet<string> = set(
  'com org net edu gov mil int info biz name io ai dev app cloud tech online site store blog wiki xyz tv fm gg eu uk de fr es pt nl ch pl cz se dk fi ie ru ua jp cn kr br mx ca au nz za',
)
/** They end a country's domain ("co dot uk"), never an address by themselves. */
export const SECOND_DOMAINS: ReadonlySet<string> = set('co ac com org gov net')

export const FILE_EXTENSIONS: ReadonlySet<string> = set(
  'md txt json ts tsx js jsx mjs cjs vue py rb rs sh html htm css scss csv tsv xml yml yaml toml ini log sql pdf doc docx xls xlsx ppt pptx odt '
  + 'png jpg jpeg gif svg webp mp3 mp4 wav flac zip tar gz exe dll cpp hpp java kt swift php ipynb',
)

export const CONNECTORS: ReadonlyMap<string, string> = new Map([['dot', '.'], ['underscore', '_'], ['dash', '-'], ['hyphen', '-'], ['plus', '+']])

/** After "dot com" an adjective: "dot com stocks". */
export const AFTER_DOT_COM: ReadonlySet<string> = set(
  'stock stocks bubble boom bust crash company companies era startup startups business businesses days world millionaire millionaires billionaire billionaires investors craze',
)

/** Never the first part of an address, nor the name of a mailbox. */
export const NO_NAMES: ReadonlySet<string> = set(
  'a an the this that these those my your his her our their its some any no every each all both '
  + 'i you he she it we they me him us them who what which where when why how '
  + 'and or but so if then than because as at by for from in into of off on onto out over to under up with without about after before between via like '
  + 'is am are was were be been being do does did has have had will would can could shall should may might must not '
  + 'here there now just only also even very more most old new big dot com slash underscore dash hyphen plus',
)

/** "look at example dot com": what one does, or is, at a site. */
export const NO_MAILBOXES: ReadonlySet<string> = set(
  'look looks looking looked visit visits shop shops shopping store buy buys bought order orders read reads find found see seen meet met work works worked working '
  + 'sign login log register subscribe donate available online live located hosted listed posted published page site website account profile people person someone '
  + 'everyone anyone everybody anybody nobody join joined start started stop check go goes going went come comes listen watch learn apply book get stay start arrive '
  + 'arrived back home well best better good great thing things stuff everything anything nothing something job jobs done help',
)

/** Mailboxes that need no other sign of a mail address. */
export const MAILBOXES: ReadonlySet<string> = set('info support contact hello sales admin office team noreply press billing feedback webmaster postmaster abuse privacy security')

/** They speak of mail, so that a lone name before "at" is a mailbox. */
export const MAIL_WORDS: ReadonlySet<string> = set('email emails emailed mail mailed address contact cc bcc send sends sent write wrote forward reply invite message copy')
/** Between such a word and the name. */
export const MAIL_LINKS: ReadonlySet<string> = set('to is as at it\'s that\'s from for via with and or')

function set(words: string): ReadonlySet<string> {
  return new Set(words.split(' '))
}
