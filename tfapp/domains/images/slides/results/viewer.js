// Pan and zoom over a Deep Zoom pyramid with a heat map, outlines and points on top.
const canvas = document.getElementById("slide");
if (canvas) view(canvas);

function view(canvas) {
  const pen = canvas.getContext("2d");
  const [width, height] = DATA.size; // pixels of level 0
  const levels = DATA.tiles.map((tiles, level) => ({
    level,
    downsample: DATA.downsample * 2 ** (DATA.tiles.length - 1 - level),
    tiles,
  }));
  const images = new Map();
  const heat = new Image();
  heat.onload = draw;
  heat.src = "heat.png";
  let scale = 1, left = 0, top = 0, waiting = false; // pixels of level 0 per CSS pixel

  function picture(path) {
    let image = images.get(path);
    images.delete(path); // what was shown last is kept longest
    if (!image) {
      image = new Image();
      image.onload = draw;
      image.src = path;
    }
    images.set(path, image);
    if (images.size > 600) images.delete(images.keys().next().value);
    return image;
  }

  function fit() {
    const box = canvas.getBoundingClientRect();
    scale = Math.max(width / box.width, height / box.height) * 1.05;
    left = width / 2 - box.width / 2 * scale;
    top = height / 2 - box.height / 2 * scale;
    draw();
  }

  function zoom(factor, x, y) {
    const box = canvas.getBoundingClientRect();
    x = x ?? box.width / 2;
    y = y ?? box.height / 2;
    const most = Math.max(width / box.width, height / box.height) * 2;
    const next = Math.min(Math.max(scale * factor, 1 / 8), most);
    left += x * (scale - next);
    top += y * (scale - next);
    scale = next;
    draw();
  }

  function show(x, y) {
    const box = canvas.getBoundingClientRect();
    scale = Math.min(scale, Math.max(1, DATA.patch * 6 / box.width));
    left = x - box.width / 2 * scale;
    top = y - box.height / 2 * scale;
    draw();
  }

  function draw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; paint(); });
  }

  function paint() {
    const box = canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(box.width * ratio);
    canvas.height = Math.round(box.height * ratio);
    pen.setTransform(ratio / scale, 0, 0, ratio / scale,
                     -left * ratio / scale, -top * ratio / scale);
    pen.fillStyle = "#fff";
    pen.fillRect(left, top, box.width * scale, box.height * scale);
    pen.save();
    pen.beginPath();
    pen.rect(0, 0, width, height); // coarse tiles jut out
    pen.clip();
    const right = left + box.width * scale, bottom = top + box.height * scale;
    for (const { level, downsample, tiles } of levels) {
      const side = DATA.tile * downsample;
      if (downsample < scale / ratio / 2 && level > 0) break;
      for (const [column, row] of tiles) {
        const x = column * side, y = row * side;
        if (x > right || y > bottom || x + side < left || y + side < top) continue;
        const image = picture(`view_files/${level}/${column}_${row}.jpg`);
        if (image.complete && image.naturalWidth)
          pen.drawImage(image, x, y, image.naturalWidth * downsample,
                        image.naturalHeight * downsample);
      }
    }
    heatMap();
    pen.restore();
    marks();
  }

  function heatMap() {
    const opacity = +document.getElementById("opacity").value / 100;
    if (heat.complete && heat.naturalWidth && opacity > 0) {
      pen.globalAlpha = opacity;
      pen.imageSmoothingEnabled = false;
      pen.drawImage(heat, 0, 0, heat.naturalWidth * DATA.cell,
                    heat.naturalHeight * DATA.cell);
      pen.imageSmoothingEnabled = true;
      pen.globalAlpha = 1;
    }
  }

  function marks() {
    if (document.getElementById("outlines").checked) {
      pen.strokeStyle = "#111";
      pen.lineWidth = 2 * scale;
      trace(DATA.areas);
      pen.strokeStyle = "#0a0";
      trace(DATA.truth);
    }
    if (document.getElementById("points").checked) {
      for (const [x, y] of DATA.points) {
        for (const [color, thick] of [["#fff", 4], ["#d6002a", 2]]) {
          pen.strokeStyle = color;
          pen.lineWidth = thick * scale;
          pen.beginPath();
          pen.arc(x, y, 9 * scale, 0, 2 * Math.PI);
          pen.stroke();
        }
      }
    }
    const microns = DATA.mpp ? `${(scale * DATA.mpp).toFixed(2)} µm` : `${scale.toFixed(2)} px`;
    document.getElementById("place").textContent = `${microns} per screen pixel`;
  }

  function trace(polygons) {
    pen.beginPath();
    for (const rings of polygons)
      for (const ring of rings) {
        ring.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
        pen.closePath();
      }
    pen.stroke();
  }

  const fingers = new Map();
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, event);
  });
  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, (event) => fingers.delete(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const others = [...fingers.values()].filter((f) => f !== before);
    fingers.set(event.pointerId, event);
    if (others.length) {
      const box = canvas.getBoundingClientRect(), other = others[0];
      const distance = (e) => Math.hypot(e.clientX - other.clientX, e.clientY - other.clientY);
      zoom(distance(before) / Math.max(distance(event), 1),
           other.clientX - box.left, other.clientY - box.top);
      return;
    }
    left -= (event.clientX - before.clientX) * scale;
    top -= (event.clientY - before.clientY) * scale;
    draw();
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(event.deltaY / 400), event.offsetX, event.offsetY);
  }, { passive: false });
  canvas.addEventListener("dblclick", (event) => zoom(0.5, event.offsetX, event.offsetY));
  canvas.addEventListener("keydown", (event) => {
    const step = 80 * scale;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.key in moves) {
      left += moves[event.key][0];
      top += moves[event.key][1];
      draw();
    } else if (event.key === "+" || event.key === "=") zoom(0.7);
    else if (event.key === "-") zoom(1.4);
    else if (event.key === "0") fit();
    else return;
    event.preventDefault();
  });
  document.getElementById("nearer").onclick = () => zoom(0.6);
  document.getElementById("farther").onclick = () => zoom(1.6);
  document.getElementById("fit").onclick = fit;
  for (const id of ["opacity", "outlines", "points"])
    document.getElementById(id).oninput = draw;
  document.querySelectorAll(".points td:first-child").forEach((cell, i) => {
    cell.onclick = () => {
      show(...DATA.points[i]);
      canvas.scrollIntoView({ block: "center" });
    };
  });
  window.addEventListener("resize", draw);
  fit();
}
