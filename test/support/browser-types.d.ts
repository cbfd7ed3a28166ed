// The names of the browser that playwright-core's types mention; the tests run outside of it and use none.
/* eslint-disable @typescript-eslint/no-empty-object-type -- nobody looks inside */
interface Node {}
interface HTMLElement {}
interface SVGElement {}
interface HTMLElementTagNameMap {}
