/**
 * Fills the operator's page with what the monitor tells every two seconds, and says so when it no
 * longer does. What is null stays "no data yet"; old figures turn grey and keep their age.
 */
'use strict'

const NOTHING = 'no data yet'
const AWAY = 'The monitor does not answer'
const LATE_MS = 7_000
const SVG = 'http://www.w3.org/2000/svg'
const STATES = {
  held: 'Holds',
  broken: 'Broken',
  failed: 'Could not be checked',
  late: 'No answer in time',
  unknown: 'Not asked yet',
}
const SIGNS = {
  held: 'M4.5 10.5l3.5 3.5 7.5-8',
  broken: 'M5.5 5.5l9 9m0-9l-9 9',
  failed: 'M10 4v7.5m0 3.5v.5',
  late: 'M10 5v5l3.5 2.5',
  unknown: 'M5 10h10',
}
const RUNGS = { full: 'the whole engine' }

let heardAt = 0
let broken = false

const page = document.body
const line = document.getElementById('line')

/* How figures are written */

const digits = (value, most) =>
  value.toLocaleString('en-GB', { maximumFractionDigits: most, useGrouping: true })

function number(value) {
  return digits(value, Math.abs(value) < 10 ? 2 : 0)
}

function seconds(value) {
  if (value < 1) return `${digits(value * 1000, value < 0.01 ? 1 : 0)} ms`
  return value < 120 ? `${digits(value, value < 10 ? 2 : 0)} s` : lasted(value)
}

function lasted(value) {
  if (value < 60) return `${Math.round(value)} s`
  if (value < 3_600) return `${Math.round(value / 60)} min`
  return value < 86_400 ? `${digits(value / 3_600, 1)} h` : `${digits(value / 86_400, 1)} days`
}

function share(value) {
  const percent = value * 100
  // 99.96 % must not look like 100 %.
  return `${digits(Math.floor(percent * 1000) / 1000, percent > 99 && percent < 100 ? 3 : 1)} %`
}

const WRITTEN = { number, s: seconds, share, rate: (value) => `${number(value)} /s` }

/* Small parts */

function made(tag, properties = {}, ...children) {
  const one = document.createElement(tag)
  Object.assign(one, properties)
  one.append(...children)
  return one
}

function drawn(tag, attributes, ...children) {
  const one = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) one.setAttribute(name, value)
  one.append(...children)
  return one
}

function sign(state) {
  const attributes = { class: `icon ${state}`, viewBox: '0 0 20 20', 'aria-hidden': 'true' }
  return drawn(
    'svg',
    attributes,
    drawn('circle', { cx: 10, cy: 10, r: 9 }),
    drawn('path', { d: SIGNS[state] }),
  )
}

function fill(place, text) {
  const known = text !== null
  place.classList.toggle('empty', !known)
  const said = known ? text : NOTHING
  if (place.textContent !== said) place.textContent = said
}

function found(figures, path) {
  return path.split('.').reduce((within, name) => within?.[name] ?? null, figures)
}

/** Put entries into a list; where there are none, say so. */
function list(id, entries, nothing = NOTHING) {
  const place = document.getElementById(id)
  const none = () => [made('li', { className: 'value empty', textContent: nothing })]
  place.replaceChildren(...(entries?.length ? entries : none()))
}

function bar(name, part, said) {
  const strip = made('i')
  strip.style.setProperty('--share', `${Math.max(0, Math.min(1, part)) * 100}%`)
  return made('li', {}, made('span', { textContent: name }), made('span', {}, strip),
    made('span', { textContent: said }))
}

/* Tiles */

function showGoals(goals) {
  for (const goal of goals) {
    const tile = document.querySelector(`[data-goal="${goal.name}"]`)
    if (!tile) continue
    fill(tile.querySelector('[data-share]'), goal.value === null ? null : share(goal.value))
    const state = goal.met === null ? 'unknown' : goal.met ? 'held' : 'broken'
    tile.classList.toggle('missed', goal.met === false)
    const words = { unknown: 'nothing to judge', held: 'kept', broken: 'missed' }[state]
    tile.querySelector('.icon').replaceWith(sign(state))
    tile.querySelector('[data-verdict]').textContent = `${words}: goal ${share(goal.goal)}`
    tile.querySelector('[data-seen]').textContent = goal.seen ? `, of ${number(goal.seen)}` : ''
    // The scale begins where ten times the budget would be spent.
    const from = 1 - (1 - goal.goal) * 10
    const along = (value) => `${Math.max(0, Math.min(1, (value - from) / (1 - from))) * 100}%`
    const scale = tile.querySelector('.scale')
    scale.style.setProperty('--goal', along(goal.goal))
    scale.style.setProperty('--share', goal.value === null ? '0%' : along(goal.value))
  }
}

function showPipelines(pipelines) {
  const body = document.querySelector('#lag tbody')
  if (!pipelines.length) {
    const cell = made('td', { colSpan: 7, className: 'value empty', textContent: NOTHING })
    body.replaceChildren(made('tr', {}, cell))
    return
  }
  const cell = (value, write) => {
    const empty = value === null || value === undefined
    return made('td', {
      className: `value${empty ? ' empty' : ''}`,
      textContent: empty ? NOTHING : write(value),
    })
  }
  body.replaceChildren(
    ...pipelines.map((one) =>
      made('tr', {},
        made('th', { scope: 'row', textContent: one.name + (one.waiting ? ' (waits for a server)' : '') }),
        cell(one.lag_entries, number),
        cell(one.lag_seconds, seconds),
        cell(one.rate, WRITTEN.rate),
        cell(one.batches, WRITTEN.rate),
        cell(one.state_p95, seconds),
        made('td', {}, shards(one.shards)),
      ),
    ),
  )
}

function shards(every) {
  const behind = every.filter(({ entries }) => entries > 0)
  const most = Math.max(1, ...every.map(({ entries }) => entries))
  const said = behind.length
    ? behind.map(({ shard, entries }) => `shard ${shard}: ${number(entries)}`).join(', ')
    : `none of ${every.length} is behind`
  const strips = every.map(({ entries }) => {
    const strip = made('i', { className: entries > 0 ? 'behind' : '' })
    strip.style.setProperty('--tall', `${Math.max(2, (entries / most) * 24)}px`)
    return strip
  })
  const figure = made('span', { className: 'shards', title: said }, ...strips)
  figure.setAttribute('role', 'img')
  figure.setAttribute('aria-label', said)
  return figure
}

function showChecks(checks) {
  const bad = checks.filter(({ state }) => state !== 'held' && state !== 'unknown').length
  const waiting = checks.filter(({ state }) => state === 'unknown').length
  const all = document.getElementById('all-checks')
  const state = bad ? 'broken' : waiting ? 'unknown' : 'held'
  if (all.dataset.state !== state) all.parentElement.querySelector('.icon').replaceWith(sign(state))
  all.dataset.state = state
  all.textContent = bad
    ? `${bad} of ${checks.length} checks ${bad > 1 ? 'do' : 'does'} not hold`
    : waiting
      ? `${waiting} of ${checks.length} checks not asked yet`
      : `All ${checks.length} checks hold`
  for (const one of checks) {
    const row = document.querySelector(`[data-check="${one.name}"]`)
    if (!row) continue
    if (row.dataset.state !== one.state) row.querySelector('.icon').replaceWith(sign(one.state))
    row.dataset.state = one.state
    const age = one.age_seconds === null ? '' : `, ${lasted(one.age_seconds)} ago`
    row.querySelector('[data-state]').textContent = STATES[one.state] + age
    if (one.sentence) row.querySelector('[data-said]').textContent = one.sentence
  }
}

function showLatest(events) {
  const rows = events?.map((one) => {
    const what = made('span', {}, one.about ?? '')
    if (one.synthetic) what.append(made('span', { className: 'tag', textContent: 'monitor' }))
    return made('li', {},
      made('time', { dateTime: one.at, textContent: one.at.slice(11, 19) }),
      made('span', { textContent: one.type }),
      what,
      made('span', { className: 'who', textContent: one.who }),
    )
  })
  list('events-list', rows, events ? 'Nothing has happened yet.' : 'The event log does not answer.')
}

function showLists(figures) {
  const rungs = Object.entries(figures.lists.served_by)
  const all = rungs.reduce((sum, [, count]) => sum + count, 0)
  list('rungs', rungs.map(([name, count]) =>
    bar(RUNGS[name] ?? name.replaceAll('_', ' '), count / all, share(count / all))))
  list('caches', Object.entries(figures.cache).map(([name, one]) =>
    bar(name, one.hit_share ?? 0, one.hit_share === null ? NOTHING : share(one.hit_share))))
  list('models', figures.models.map((one) => {
    const where = `in ${one.processes} process${one.processes === 1 ? '' : 'es'}`
    return made('li', {}, made('div', {},
      made('p', { textContent: `${one.kind} ${one.version}` }),
      made('p', { className: 'small', textContent: where })))
  }))
  const lines = Object.entries(figures.lines)
  const most = Math.max(1, ...lines.map(([, count]) => count))
  list('lines', lines.map(([level, count]) => bar(level, count / most, number(count))),
    figures.seen_seconds ? 'None were written.' : NOTHING)
}

function showProcesses(processes) {
  const rows = processes.map((one) => {
    const state = made('td', {}, sign(one.up ? 'held' : 'broken'))
    state.append(one.up ? ' up' : ' does not answer')
    const cell = (value, write) => made('td', { textContent: value === null ? '—' : write(value) })
    return made('tr', {},
      made('th', { scope: 'row', textContent: one.name }),
      state,
      cell(one.memory_bytes, (bytes) => `${number(bytes / 1e6)} MB`),
      cell(one.busy_share, (part) => share(part)),
      cell(one.up_seconds, lasted),
    )
  })
  if (!rows.length) rows.push(made('tr', {},
    made('td', { colSpan: 5, className: 'value empty', textContent: 'No process tells its metrics.' })))
  document.querySelector('#process-list tbody').replaceChildren(...rows)
}

/* Plots */

const WIDE = 600
const HIGH = 104
const LEFT = 2
const TOP = 14
const BOTTOM = 88

function showPlots(series) {
  for (const figure of document.querySelectorAll('[data-series]')) {
    plot(figure, series[figure.dataset.series] ?? [], series.step_seconds)
  }
}

/** Draw a line that has gaps where nothing is known. */
function plot(figure, values, step) {
  const canvas = figure.querySelector('.canvas')
  const known = values.filter((value) => value !== null)
  if (!known.length) {
    if (!canvas.querySelector('p')) {
      canvas.replaceChildren(made('p', { className: 'value empty', textContent: NOTHING }))
    }
    return
  }
  const write = WRITTEN[figure.dataset.as]
  const most = Math.max(...known)
  const end = most > 0 ? most : 1
  const width = canvas.clientWidth || WIDE
  const x = (index) => LEFT + (index / (values.length - 1)) * (width - 2 * LEFT)
  const y = (value) => BOTTOM - (value / end) * (BOTTOM - TOP)
  const parts = []
  for (const run of runs(values)) {
    const points = run.map(([index, value]) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`)
    if (points.length === 1) {
      const [[index, value]] = run
      parts.push(drawn('circle', { class: 'point', cx: x(index), cy: y(value), r: 2 }))
      continue
    }
    const [first, last] = [x(run[0][0]), x(run.at(-1)[0])]
    const under = `M${first},${BOTTOM} L${points.join(' L')} L${last},${BOTTOM} Z`
    parts.push(drawn('path', { class: 'under', d: under }))
    parts.push(drawn('path', { class: 'drawn', d: `M${points.join(' L')}` }))
  }
  const minutes = Math.round((values.length * step) / 60)
  const text = (at, anchor, high, said) =>
    drawn('text', { x: at, y: high, 'text-anchor': anchor }, said)
  const title = figure.querySelector('figcaption').firstChild.textContent
  const latest = values.at(-1) ?? null
  const now = latest === null ? NOTHING : write(latest)
  const svg = drawn(
    'svg',
    {
      viewBox: `0 0 ${width} ${HIGH}`,
      role: 'img',
      'aria-label': `${title}, ${minutes} minutes: now ${now}, at most ${write(most)}`,
    },
    drawn('path', { class: 'grid', d: `M0 ${TOP}H${width}M0 ${BOTTOM}H${width}` }),
    ...parts,
    text(0, 'start', TOP - 4, write(end)),
    text(0, 'start', HIGH - 2, `${minutes} min ago`),
    text(width, 'end', HIGH - 2, 'now'),
  )
  svg.addEventListener('pointermove', (event) => {
    point(svg, event, values, { x, y, write, step, width })
  })
  svg.addEventListener('pointerleave', () => {
    for (const one of svg.querySelectorAll('.pointed')) one.remove()
  })
  canvas.replaceChildren(svg)
}

/** Return the stretches of a series without gaps, as pairs of index and value. */
function runs(values) {
  const found = []
  let run = []
  values.forEach((value, index) => {
    if (value !== null) run.push([index, value])
    else if (run.length) {
      found.push(run)
      run = []
    }
  })
  if (run.length) found.push(run)
  return found
}

/** Say the value below the pointer. */
function point(svg, event, values, { x, y, write, step, width }) {
  for (const one of svg.querySelectorAll('.pointed')) one.remove()
  const box = svg.getBoundingClientRect()
  const index = Math.round(((event.clientX - box.left) / box.width) * (values.length - 1))
  const value = values[index] ?? null
  if (value === null) return
  const at = x(index)
  const ago = lasted((values.length - 1 - index) * step)
  svg.append(
    drawn('path', { class: 'pointed hair', d: `M${at} ${TOP}V${BOTTOM}` }),
    drawn('circle', { class: 'pointed point', cx: at, cy: y(value), r: 3 }),
    drawn('text', { class: 'pointed', x: width, y: TOP - 4, 'text-anchor': 'end' },
      `${write(value)}, ${ago} ago`),
  )
}

/* The line to the monitor */

function show(figures) {
  for (const place of document.querySelectorAll('[data-at]')) {
    const value = found(figures, place.dataset.at)
    fill(place, value === null ? null : WRITTEN[place.dataset.as](value))
  }
  showGoals(figures.goals)
  showPlots(figures.series)
  showPipelines(figures.pipelines)
  showChecks(figures.checks)
  showLatest(figures.latest)
  showLists(figures)
  showProcesses(figures.processes)
}

/** Say how the line is; the words change only when it does, for they are read aloud. */
function sayLine() {
  const late = Date.now() - heardAt > LATE_MS
  const lost = broken || late
  const state = !heardAt ? (lost ? 'lost' : 'waiting') : lost ? 'lost' : 'open'
  page.classList.toggle('stale', Boolean(heardAt) && lost)
  if (line.dataset.state !== state) {
    line.dataset.state = state
    line.className = `line ${state}`
    const since = new Date(heardAt).toLocaleTimeString('en-GB')
    line.textContent = {
      open: 'Live',
      waiting: 'Connecting',
      lost: heardAt ? `${AWAY}; figures are of ${since}` : AWAY,
    }[state]
  }
}

function follow() {
  const source = new EventSource('/operator/live')
  source.addEventListener('figures', ({ data }) => {
    heardAt = Date.now()
    broken = false
    show(JSON.parse(data))
    sayLine()
  })
  source.addEventListener('error', () => {
    broken = true
    sayLine()
    // A browser gives up for good where it was refused; a monitor that starts again is found.
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, 3_000)
  })
}

setInterval(sayLine, 1_000)
follow()
