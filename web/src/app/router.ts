import type { QueryClient } from '@tanstack/vue-query'
import { nextTick } from 'vue'
import { type RouterHistory, START_LOCATION, createRouter, createWebHistory } from 'vue-router'
import HomePage from '@/features/home/HomePage.vue'
import { askAhead } from '@/features/search/results'
import { i18n } from '@/i18n'
import LostPage from './LostPage.vue'
import { followRouter } from './unreached'

/**
 * Return the router; a page that depends on data sets its own title.
 *
 * Only the first page comes with the program, each other one when somebody goes there.
 * `meta.title` is the key of its words.
 */
export function createPages(queries: QueryClient, history: RouterHistory = createWebHistory()) {
  const router = createRouter({
    history,
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is experimental
    scrollBehavior: (_to, from, saved) => saved ?? (from === START_LOCATION ? false : { top: 0 }),
    routes: [
      { path: '/', name: 'home', component: HomePage, meta: { title: '' } },
      {
        path: '/search',
        name: 'search',
        component: () => import('@/features/search/SearchPage.vue'),
        beforeEnter: ({ query }) => {
          askAhead(queries, query)
        },
        meta: { title: 'app.search' },
      },
      {
        path: '/login',
        name: 'login',
        component: () => import('@/features/login/LoginPage.vue'),
        meta: { title: 'app.sign_in' },
      },
      {
        path: '/cars/:id([1-9]\\d{0,15})',
        name: 'car',
        component: () => import('@/features/car/CarPage.vue'),
        props: ({ params }) => ({ id: Number(params['id']) }),
        meta: { title: '' },
      },
      {
        path: '/saved',
        name: 'saved',
        component: () => import('@/features/shelf/SavedPage.vue'),
        meta: { title: 'shelf.saved_title' },
      },
      {
        path: '/compare',
        name: 'compare',
        component: () => import('@/features/shelf/ComparePage.vue'),
        meta: { title: 'shelf.compare_title' },
      },
      {
        path: '/searches',
        name: 'searches',
        component: () => import('@/features/shelf/SearchesPage.vue'),
        meta: { title: 'shelf.searches_title' },
      },
      {
        path: '/recent',
        name: 'recent',
        component: () => import('@/features/shelf/RecentPage.vue'),
        meta: { title: 'shelf.recent_title' },
      },
      {
        path: '/hidden',
        name: 'hidden',
        component: () => import('@/features/shelf/HiddenPage.vue'),
        meta: { title: 'shelf.hidden_title' },
      },
      {
        path: '/updates',
        name: 'updates',
        component: () => import('@/features/shelf/UpdatesPage.vue'),
        meta: { title: 'shelf.updates_title' },
      },
      {
        path: '/you',
        name: 'you',
        component: () => import('@/features/you/YouPage.vue'),
        meta: { title: 'app.your_data' },
      },
      { path: '/:rest(.*)', name: 'lost', component: LostPage, meta: { title: 'app.lost' } },
    ],
  })
  let back = false
  let pressed: Element | null = null
  history.listen((_to, _from, { delta }) => {
    back = delta < 0
  })
  router.beforeEach(() => {
    if (!back) pressed = document.activeElement
  })
  followRouter(router)
  router.afterEach(async (to, from, failure) => {
    const returned = back
    back = false
    if (failure) return
    if (to.path === from.path && from.matched.length > 0) return
    const title = to.meta['title'] as string
    document.title = title ? `${i18n.global.t(title)} · Carousel` : 'Carousel'
    // A new page is announced and read from its start; the first one is by the browser itself.
    if (from.matched.length === 0) return
    await nextTick()
    const page = document.getElementById('page')
    const link = returned ? wayTo(from.fullPath, page, pressed) : null
    ;(link ?? page)?.focus({ preventScroll: true })
  })
  return router
}

/** Return the link by which a page was opened: the one that was pressed, if several lead there. */
function wayTo(address: string, page: HTMLElement | null, pressed: Element | null) {
  const links = [...(page?.querySelectorAll<HTMLElement>('a[href]') ?? [])]
  const ways = links.filter((link) => link.getAttribute('href') === address)
  return ways.find((link) => link === pressed) ?? ways[0] ?? null
}
