import { nextTick } from 'vue'
import { type RouterHistory, createRouter, createWebHistory } from 'vue-router'
import CarPage from './features/car/CarPage.vue'
import HomePage from './features/home/HomePage.vue'
import LoginPage from './features/login/LoginPage.vue'
import SearchPage from './features/search/SearchPage.vue'
import LostPage from './ui/LostPage.vue'

/** Return the router; each page sets its own title where it depends on data. */
export function createPages(history: RouterHistory = createWebHistory()) {
  const router = createRouter({
    history,
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is experimental
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
    routes: [
      { path: '/', name: 'home', component: HomePage, meta: { title: 'Carousel' } },
      { path: '/search', name: 'search', component: SearchPage, meta: { title: 'Search' } },
      { path: '/login', name: 'login', component: LoginPage, meta: { title: 'Sign in' } },
      {
        path: '/cars/:id([1-9]\\d{0,15})',
        name: 'car',
        component: CarPage,
        props: ({ params }) => ({ id: Number(params['id']) }),
        meta: { title: 'Car' },
      },
      { path: '/:rest(.*)', name: 'lost', component: LostPage, meta: { title: 'Not found' } },
    ],
  })
  router.afterEach(async (to, from, failure) => {
    if (failure) return
    if (to.path === from.path && from.matched.length > 0) return
    const title = to.meta['title'] as string
    document.title = title === 'Carousel' ? title : `${title} · Carousel`
    // A new page is announced and read from its start; the first one is by the browser itself.
    if (from.matched.length === 0) return
    await nextTick()
    document.getElementById('page')?.focus({ preventScroll: true })
  })
  return router
}
