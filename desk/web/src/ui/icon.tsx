// SPDX-License-Identifier: Apache-2.0

const paths = {
  close: "M4 4l8 8M12 4l-8 8",
  copy: "M6 6h7v7H6zM3 10V3h7",
  check: "M3 8.5l3.5 3.5L13 4.5",
  down: "M4 6l4 4 4-4",
  right: "M6 4l4 4-4 4",
  up: "M4 10l4-4 4 4",
  left: "M10 4L6 8l4 4",
  search: "M7 3a4 4 0 100 8 4 4 0 000-8zM10 10l3.5 3.5",
  help: "M6 6a2 2 0 113 1.7c-.7.4-1 .8-1 1.6M8 11.8v.4",
  sun: "M8 5.5a2.5 2.5 0 100 5 2.5 2.5 0 000-5zM8 1.5v1.8M8 12.7v1.8M1.5 8h1.8M12.7 8h1.8M3.4 3.4l1.3 1.3M11.3 11.3l1.3 1.3M12.6 3.4l-1.3 1.3M4.7 11.3l-1.3 1.3",
  moon: "M12.5 9.8A5.2 5.2 0 016.2 3.5a5.2 5.2 0 106.3 6.3z",
  globe: "M8 2a6 6 0 100 12A6 6 0 008 2zM2 8h12M8 2c2 2 2 10 0 12M8 2c-2 2-2 10 0 12",
  clock: "M8 2a6 6 0 100 12A6 6 0 008 2zM8 5v3.2l2 1.3",
  warning: "M8 2.5l6 11H2zM8 6.5v3.2M8 11.4v.4",
  columns: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
  filter: "M2.5 3.5h11L9.5 8.5v4l-3 1v-5z",
  plus: "M8 3v10M3 8h10",
  download: "M8 2.5v7.5M4.8 7L8 10.2 11.2 7M3 13h10",
  upload: "M8 10.2V2.700M4.8 5.700L8 2.500 11.2 5.700M3 13h10",
  link: "M6.5 9.5l3-3M7 4.5l1.5-1.5a2.5 2.5 0 013.5 3.5L10.5 8M9 11.5L7.5 13A2.5 2.5 0 014 9.500L5.500 8",
  dot: "M8 6.500a1.500 1.500 0 100 3 1.500 1.500 0 000-3z",
} as const;

export type IconName = keyof typeof paths;

/** A drawing of 16 px in the colour of the text. It says nothing to those who hear the page. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path
        d={paths[name]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linejoin="round"
        stroke-linecap="round"
      />
    </svg>
  );
}
