export { type EnlargeOptions, enlarge } from "./enlarge.js";
export { encodeGif } from "./gif.js";
export { type GridOptions, grid } from "./grid.js";
export { type MovieOptions, pingPong } from "./movie.js";
export { encodeMp4 } from "./mp4.js";
export { type Picture, toRgb8 } from "./picture.js";
export { encodePng } from "./png.js";
export { type StripFigure, stripFigure } from "./strip-figure.js";
export { writeComparisonPictures, writeMethodPictures } from "./write-pictures.js";
