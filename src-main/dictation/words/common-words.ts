import { baseLanguage, plain } from './tokens'

/** Words that carry no name: lower-case in mid-sentence whatever follows ("the Beatles", "in Paris"). */
const FUNCTION_WORDS: Readonly<Record<string, ReadonlySet<string>>> = {
  en: words(`
    a an the this that these those my your his her its our their whose some any each every either neither both all no none such another
    and but or nor so yet for because although though while whereas since unless until if whether when whenever where wherever as than
    of in on at by to from with without into onto upon about above across after against along among around before behind below beneath beside
    besides between beyond despite down during except inside like near off out outside over past per through throughout toward towards under
    underneath up via within
    you he she it we they me him us them myself yourself himself herself itself ourselves themselves who whom what which why how
    someone somebody something anyone anybody anything everyone everybody everything nobody nothing one ones
    am is are was were be been being do does did done doing have has had having can could shall should would might must
    isn't aren't wasn't weren't don't doesn't didn't haven't hasn't hadn't can't cannot couldn't shouldn't wouldn't won't mustn't
    it's that's there's here's what's who's where's how's let's he's she's we're they're you're you've we've they've you'll we'll they'll
    he'll she'll it'll you'd we'd they'd he'd she'd
    not also just only even still already again too very really quite rather almost always never often sometimes usually maybe perhaps
    then there here now please yes okay ok well however therefore otherwise instead anyway actually basically probably
    more most much many few fewer less least several enough other others same
  `),
  de: words(`
    der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner mein meine meinen meinem meiner dein deine
    sein seine seinen seinem seiner ihre ihren ihrem ihrer unser unsere unseren euer eure dieser diese dieses diesen diesem jeder jede jedes
    und oder aber denn sondern weil dass ob wenn als wie während obwohl damit bevor nachdem sobald solange
    in im an am auf aus bei beim mit nach seit von vom zu zum zur für durch gegen ohne um über unter vor hinter neben zwischen bis ab
    ich du er es wir ihr mich dich uns euch mir dir ihm ihnen man sich wer was wo wann warum wieso welche welcher welches
    ist sind war waren bin bist wird werden wurde wurden hat haben hatte hatten kann können konnte muss müssen soll sollen will wollen darf
    nicht auch nur noch schon sehr so dann da hier dort jetzt heute morgen gestern immer nie oft vielleicht bitte ja nein also doch mal
  `),
  fr: words(`
    le la les l' un une des du de d' au aux ce cet cette ces mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs
    et ou mais donc or ni car que qui quoi dont où quand comme si lorsque puisque parce pour par avec sans sous sur dans en chez vers entre
    avant après pendant depuis contre je tu il elle on nous vous ils elles me te se y c'est qu'il qu'elle j'ai
    est sont était étaient être avoir a ont avait fait faire peut peuvent doit doivent ne pas plus très trop aussi bien encore déjà jamais
    toujours souvent peut-être oui non merci alors ici là maintenant aujourd'hui demain hier
  `),
  es: words(`
    el la los las un una unos unas lo al del de este esta estos estas ese esa esos esas mi mis tu tus su sus nuestro nuestra
    y o pero sino porque que quien cuando donde como si aunque mientras para por con sin sobre en entre hasta desde hacia según contra
    yo tú él ella usted nosotros ellos ellas ustedes me te se nos le les es son era eran ser estar está están fue ha han había hay
    hace hacer puede pueden debe no sí muy más menos también ya todavía nunca siempre aquí allí ahora hoy mañana ayer entonces gracias
  `),
}

/** Common words that are lower-case unless they begin a name ("White House", "Good Friday"). Compared without their ending. */
const COMMON_ENGLISH = words(`
  able accept account act action add address admit adult advice affect afford afraid afternoon age agree ahead aim air airport alarm alive allow
  alone aloud angle angry animal announce answer apart apartment appear apple apply appointment approach approve area argue arm army arrange arrive
  art article aside ask asleep attach attack attempt attend attention audience aunt author available average avoid awake award aware away awful
  baby back bad bag bake balance ball band bank bar barely base basic basket bath battery beach bear beat beautiful beauty bed beer begin began
  begun behave behavior believe bell belong belt bench bend benefit best bet better bicycle big bike bird birth birthday bit bite black blame blank bleed
  bless blind block blood blow blue board boat body boil bomb bone book boot border bored boring borrow boss bottle bottom bought bound bowl
  box boy brain branch brand brave bread break breakfast breath breathe brick bridge brief bright bring brought broad broke broken brother brown brush
  budget bug build built bunch burn bus business busy butter button buy cable cake calculate calendar call calm came camera camp cancel candle
  car card care career careful carry case cash cat catch caught category cause center central century certain chain chair challenge chance change
  channel chapter character charge chart cheap check cheese chicken chief child children choice choose chose chosen church circle city claim class clean
  clear click client climb clinic clock close cloth clothes cloud club coach coast coat code coffee cold collect college color colour column combine come
  comfort command comment commit committee common communicate community company compare complain complete complex computer concern condition confirm
  confuse connect consider consist contact contain content context continue contract control convince cook cool copy corn corner correct cost
  cough count country couple courage course court cousin cover cow crack crash crazy cream create credit crime cross crowd cry cup current curtain
  curve customer cut cycle daily damage dance danger dangerous dark data date daughter day dead deal dear death debate debt decide decision deep default defend
  define degree delay deliver demand depend describe desert deserve design desk detail develop device diet difference different difficult dig dinner
  direct direction dirt dirty disagree disappear discover discuss disease dish distance divide doctor document dog dollar door double doubt download
  draft drag drama draw drawn drew dream dress drink drank drive driver driven drop drove drunk dry duck due dumb dust duty each ear early earn earth ease east easy eat
  edge edit education effect effort egg electric eleven else email emotion employ empty encourage end enemy energy engine engineer english enjoy
  enter entire entrance entry environment equal error escape especially establish evening event eventually evidence exact exam example excellent
  excite excuse exercise exist exit expect expense expensive experience explain explore express extra extreme eye face fact factor factory fail
  fair faith fall fallen false family famous fan fancy far farm fast fat father fault favor favorite favourite fear feature fed fee feed feel felt fence fever
  field fight figure file fill film final find fine finger finish fire firm first fish fit five fix flag flat flew flight float floor flow flower fly
  focus follow food fool foot football force foreign forest forever forget forgot forgotten forgive form format formal former forward found four frame free freedom fresh
  friend from front fruit full fun function fund funny furniture further future game garage garden gas gate gather gave general gentle get gift
  girl give given glad glass global go goal goes gone gold good got government grade grand grass great green greet grew grey ground group grow grown growth guard
  guess guest guide guy habit hair half hall hand handle hang happen happy hard hardly hat hate head health hear heard heart heat heavy height
  held hello help hence hi hey hid hidden hide high hill hire history hit hold hole holiday home honest hopefully horse hospital host hot hotel hour house huge
  human hundred hungry hurry hurt husband ice idea identify ignore ill image imagine impact important improve inch include income increase indeed
  index industry influence inform information input insert install insurance intend interest internet interview introduce invest invite involve iron island issue item
  job join joke journey judge juice jump junior keep kept key keyboard kick kid kill kind king kiss kitchen knee knew knife knock know known knowledge lab
  label lack ladder lady laid lake lamp land language large last late later laugh launch law lawyer lay layer lazy lead leader leaf learn leave led left
  leg legal lemon lend length lesson letter level library lie life lift light likely limit line link lip list listen literally little live load loan
  local locate location lock log lonely long look loose lose loss lost lot loud love lovely low luck lucky lunch machine mad made magazine mail
  main maintain major make male man manage manager map market marry mass master match material math matter meal mean meant measure meat
  media medical medicine meet meeting member memory men mention menu mess message met metal method middle midnight mile milk mind mine minor minute mirror
  miss mistake mix mobile mode model modern moment money monitor month mood moon morning mother motor mountain mouse mouth move movie music
  nail name narrow nation national natural nature nearly necessary neck need negative neighbor neighbour nervous network new news newspaper next nice
  night nine nobody noise normal north nose note notice novel number object observe obvious ocean offer office officer official oil old once
  onion online open operate opinion opportunity opposite option orange order ordinary organize original ought output oven owe own owner pack package page paid
  pain paint pair pan panel paper parent parents park part particular partner party pass passage password path patient pattern pause pay peace pen
  pencil people pepper percent perfect perform period permit person personal phone photo phrase pick picture piece pig pilot pin pink pipe place plain
  plan plane plant plastic plate play player pleasant pleasure plenty plus pocket point police policy polite political poor popular population position
  positive possible possibly post pot potato pound power practice practise prayer prefer prepare present press pressure pretend pretty prevent previous price
  print prison private prize problem process produce product professional profit program progress project promise proof proper protect proud prove provide
  public publish pull punch purchase purple purpose push put quality quarter queen question quick quickly quiet quit race radio rain raise ran range rare
  rate raw reach react read ready real realize realise reason receive recent recently recipe recommend record recover red reduce refer reflect refuse regard region
  regular relate relationship relax release relevant relief religion rely remain remember remind remote remove rent repair repeat replace reply report represent
  request require research reserve resource respect respond response rest restaurant result return reveal review reward rice rich ride right ring rise risen
  risk river road rock role roll roof room root rope rough round route row rule run rush sad safe said sail salad salary sale salt sand sandwich sang sat
  save saw say scale scan scared scene schedule scheme school science score scratch screen screw script sea search season seat second secret section
  secure see seed seek seem seen select sell send senior sense sent sentence separate sequence series serious serve server service set settle setup seven sex
  shade shadow shake shape share sharp sheet shelf shell shift shine ship shirt shock shoe shook shoot shop short shot shoulder shout show shower shown shut sick side
  sight sign signal silence silent silly silver similar simple simply sing single sink sir sister sit site situation six size skill skin skip sky sleep slept slice
  slide slight slip slow small smart smell smile smoke smooth snow soap social society sock soft software soil sold soldier solid solution solve song soon
  sorry sort soul sound soup source south space spare speak speaker special specific speech speed spell spend spent spin spirit split spoke spoken sport spot
  spread spring square staff stage stair stand standard star stare start state statement station status stay steal steel step stick stock stomach
  stone stood stop store storm story straight strange strategy stream street strength stress stretch strike string strong structure student study stuff
  stupid style subject success such sudden suddenly sugar suggest suit summer sun supper supply support suppose sure surface surprise surround survey swear sweet
  swim swing switch symbol system table take taken talk tall tank tape target task taste taught tax tea teach team tear technical technology teeth tell
  template ten tend term terrible test text thank thanks theme theory thick thin thing think third thirty thought thousand thread three threw throat throw thrown thus
  ticket tidy tie tight time tiny tip tire tired title today toe together told tomorrow tone tongue tonight took tool tooth top topic total touch tough tour
  towel tower town toy track trade traffic train translate transport trash travel treat tree trial trick trip trouble truck true trust truth try
  turn twelve twenty twice two type typical ugly uncle understand understood unit university unknown unusual update upload upset upstairs use useful user
  usual vacation valley value variety various vegetable vehicle version view village visit voice volume vote wait wake walk wall want war warm
  warn wash waste watch water wave way weak wear weather web website wedding week weekend weigh weight weird welcome went west wet wheel white whole
  wide wife wild win wind window wine wing winner winter wire wise wish woke woman women won wonder wood word wore work worker world worry worse worst worth
  wound write wrong wrote written yard yeah year yell yellow yesterday young zero zone
`)

/** Common words that are names as well: they stay as the recogniser wrote them, and are never taken for something that sounds like them. */
const ALSO_NAMES = words(`
  will may mark bill march august april june rose grace hope joy frank jack rob bob sue pat dean drew ray art faith dawn iris ivy lily
  daisy robin chase grant hunter mason carter parker baker miller smith king prince turkey china polish apple amazon windows word excel
  teams slack zoom notion linear rust go swift python java ruby excel outlook english mike nick
`)

const NONE: ReadonlySet<string> = new Set()

function words(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/u))
}

/** The word as it is looked up, and without the endings of inflection. */
function stems(word: string): string[] {
  const lower = plain(word).replace(/'s$|s'$/u, '')
  const stems = [lower]
  for (const ending of ['s', 'es', 'ed', 'd', 'ing', 'er', 'r', 'est', 'ly', 'ies', 'ied', 'ily']) {
    if (lower.length <= ending.length + 2 || !lower.endsWith(ending))
      continue
    const stem = lower.slice(0, -ending.length)
    if (ending.startsWith('i') && ending !== 'ing')
      stems.push(`${stem}y`)
    else
      stems.push(stem, ...(ending === 'ing' ? [`${stem}e`] : []), ...(/(\p{L})\1$/u.test(stem) ? [stem.slice(0, -1)] : []))
  }
  return stems
}

/** Articles, pronouns, prepositions and the like: never a name. */
export function isFunctionWord(word: string, language: string): boolean {
  const lower = plain(word)
  return (FUNCTION_WORDS[baseLanguage(language)] ?? NONE).has(lower)
}

/** Lower-case in mid-sentence, as far as can be known. `next`: the word after it. */
export function isLowerInMidSentence(word: string, next: string, language: string): boolean {
  if (isFunctionWord(word, language))
    return true
  if (baseLanguage(language) !== 'en' || (/^\p{Lu}/u.test(next) && !/^I(?:$|['’])/u.test(next)))
    return false
  const candidates = stems(word)
  return !ALSO_NAMES.has(candidates[0] as string) && candidates.some(stem => COMMON_ENGLISH.has(stem))
}

/** A word of everyday English: it means itself, however much it sounds like another. */
export function isCommonEnglish(word: string): boolean {
  return stems(word).some(stem => COMMON_ENGLISH.has(stem) || ALSO_NAMES.has(stem) || (FUNCTION_WORDS['en'] as ReadonlySet<string>).has(stem)) || /^i(?:'|$)/u.test(plain(word))
}
