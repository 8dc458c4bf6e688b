// The live page: gives the camera to the server by WebRTC and shows what comes back.
// Nothing is loaded from elsewhere, nothing is built. Read it from `start` on.

const $ = id => document.getElementById(id);
const camera = $("camera"), stylized = $("stylized");
const setup = fetch("/setup").then(answer => answer.json());

let visit = null; // the one that runs: { name, socket, connection, stream }
let style = ""; // the first style of the mix
let turned = 0; // when a control was last turned here, in milliseconds
let recorder = null;

// ---------------------------------------------------------------- a visit

async function start() {
  $("start").disabled = true;
  say("Waiting for your camera …");
  try {
    const { camera: wish } = await setup;
    const video = { width: { ideal: wish.width }, height: { ideal: wish.height }, frameRate: { ideal: wish.rate, max: 60 } };
    if (!navigator.mediaDevices) throw new Error("Browsers give a camera only to https:// pages and to this machine itself.");
    const stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
    await begin(stream);
    $("turn").hidden = (await cameras()).length < 2;
  } catch (error) {
    if (visit || !$("message").className) stop(reason(error), true); // else it is ended and told already
  }
  $("start").disabled = false;
}

async function begin(stream) {
  const connection = new RTCPeerConnection({ iceServers: [] });
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}/visit`);
  const ready = opened(socket); // asked at once: it may open while the offer is being made
  ready.catch(() => {}); // told below
  const mine = visit = { name: null, socket, connection, stream };
  const current = () => visit === mine;
  socket.onmessage = event => current() && hear(JSON.parse(event.data)); // also that the house is full
  socket.onclose = () => current() && stop($("message").className ? null : "The connection is lost.", true);
  show(camera, stream);
  stream.getVideoTracks()[0].onended = () => current() && stop("The camera has stopped.");
  connection.ontrack = event => {
    event.receiver.jitterBufferTarget = 0; // newest first: nothing waits to be smooth
    show(stylized, new MediaStream([event.track]));
  };
  connection.onconnectionstatechange = () =>
    current() && connection.connectionState === "failed" && stop("The connection is lost.", true);
  const { sender } = connection.addTransceiver(stream.getVideoTracks()[0], {
    direction: "sendrecv", streams: [stream], sendEncodings: [{ maxBitrate: bitrate(stream) }],
  });
  await connection.setLocalDescription();
  await Promise.all([ready, gathered(connection)]);
  if (!current()) return;
  tell({ offer: connection.localDescription.sdp });
  say("Connecting …");
  keepSize(sender);
}

async function hear(news) {
  if (news.problem && !visit.name) return stop(news.problem, true); // not let in
  if (news.answer) {
    visit.name = news.visit;
    await visit.connection.setRemoteDescription({ type: "answer", sdp: atOnce(news.answer) });
    live(true);
    wish(wishes());
  }
  if ("rate" in news) report(news);
  if (news.problem) say(news.problem, true);
  if (news.controls && (news.problem || performance.now() - turned > 1500)) reflect(news.controls);
}

function stop(message, isProblem = false) {
  const { socket, connection, stream } = visit ?? {};
  visit = null;
  recorder?.stop();
  socket?.close();
  connection?.close();
  stream?.getTracks().forEach(track => track.stop());
  camera.srcObject = stylized.srcObject = null;
  live(false);
  $("figures").textContent = "";
  if (message !== null) say(message ?? "", isProblem);
}

const tell = message => visit?.socket.readyState === WebSocket.OPEN && visit.socket.send(JSON.stringify(message));

function show(video, stream) {
  video.srcObject = stream;
  video.play().catch(() => {}); // a picture that is taken away at once is no error
}

function opened(socket) {
  return new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("The server does not answer."));
  });
}

function gathered(connection) {
  return new Promise(resolve => {
    const look = () => connection.iceGatheringState === "complete" && resolve();
    connection.onicegatheringstatechange = look;
    look();
    setTimeout(resolve, 2000);
  });
}

function bitrate(stream) { // 0.4 bits a pixel keep all that a network sees
  const { width = 640, height = 360, frameRate = 30 } = stream.getVideoTracks()[0].getSettings();
  return Math.min(8_000_000, 0.4 * width * height * frameRate);
}

// Chromium begins at 0.3 Mbit/s, drops most frames at that, and takes half a minute to trust the line.
const atOnce = sdp => sdp.replace(/a=rtpmap:(\d+) (VP8|H264)\/90000\r\n/g, "$&a=fmtp:$1 x-google-start-bitrate=2500\r\n");

function keepSize(sender) { // a smaller picture for a while would cost the server a new engine
  const parameters = sender.getParameters();
  parameters.degradationPreference = "maintain-resolution";
  sender.setParameters(parameters).catch(() => {});
}

const cameras = async () => (await navigator.mediaDevices.enumerateDevices()).filter(device => device.kind === "videoinput");

async function otherCamera() {
  const all = await cameras(), now = visit.stream.getVideoTracks()[0];
  const place = all.findIndex(device => device.deviceId === now.getSettings().deviceId);
  const { deviceId } = all[(place + 1) % all.length];
  now.onended = null;
  now.stop(); // phones give one camera at a time
  stop();
  const stream = await navigator.mediaDevices.getUserMedia({ video: { deviceId: { exact: deviceId } } });
  await begin(stream);
}

function reason(error) {
  if (error.name === "NotAllowedError") return "The browser was not allowed to use the camera: allow it beside the address, and start again.";
  if (error.name === "NotFoundError") return "No camera was found.";
  if (error.name === "NotReadableError") return "The camera is in use by another program.";
  return error.message;
}

// ---------------------------------------------------------------- figures

let seen = { frames: 0, since: performance.now(), way: 0 }; // of the last second
let before = {}; // sums of the last report

function eachFrame(now, frame) {
  seen.frames += 1;
  if (frame.receiveTime) seen.way += frame.expectedDisplayTime - frame.receiveTime;
  stylized.requestVideoFrameCallback(eachFrame);
}

async function report({ delay, dropped, drawn_by }) {
  const { frames, since, way } = seen;
  seen = { frames: 0, since: performance.now(), way: 0 };
  const rate = 1000 * frames / (seen.since - since);
  const parts = { up: await uploading(), server: delay, down: frames ? way / frames : NaN };
  const total = parts.up + parts.server + parts.down;
  const shown = [`${rate.toFixed(0)} frames a second`];
  if (total > 0) shown.push(`${total.toFixed(0)} ms delay`);
  shown.push(`${dropped} dropped`);
  $("figures").textContent = shown.join(" · ");
  Object.assign($("figures").dataset, { rate, delay: total, ...parts, drawnBy: drawn_by });
  if (frames && !$("message").className) say(drawn_by ? "" : "Making the first drawing ready …");
}

// Milliseconds from the camera to the server's hands, and of the way back: encoding, sending, both
// ways of the line, and the one frame that the server's receiver waits for to know that a frame is whole.
async function uploading() {
  if (!visit) return NaN;
  const all = [...(await visit.connection.getStats()).values()];
  const out = all.find(stats => stats.type === "outbound-rtp" && stats.kind === "video");
  const pair = all.find(stats => stats.type === "candidate-pair" && stats.nominated && stats.currentRoundTripTime !== undefined);
  if (!out || !pair) return NaN;
  const sums = { ...out };
  const mean = (sum, count) => (sums[sum] - (before[sum] ?? 0)) / Math.max(1, sums[count] - (before[count] ?? 0));
  const encoding = mean("totalEncodeTime", "framesEncoded"), sending = mean("totalPacketSendDelay", "packetsSent");
  before = sums;
  return 1000 * (encoding + (sending || 0) + pair.currentRoundTripTime + 1 / (out.framesPerSecond || 30));
}

// ---------------------------------------------------------------- controls

function wishes() {
  const second = $("second").value, share = $("share").value / 100;
  const mix = second && second !== style ? { [style]: 1 - share, [second]: share } : { [style]: 1 };
  return {
    mix, strength: $("strength").value / 100,
    keep_color: $("colors").checked ? "luminance" : null, stabilize: $("stabilize").value,
  };
}

function wish(change) {
  turned = performance.now();
  $("shares").hidden = !$("second").value;
  for (const output of document.querySelectorAll("output")) output.value = `${$(output.htmlFor.value).value} %`;
  if (!visit?.name) return; // before the answer: all wishes follow it
  say("");
  tell(change);
}

function choose(name) {
  style = name;
  for (const button of document.querySelectorAll("[data-style]")) button.ariaPressed = String(button.dataset.style === name);
  wish(wishes());
}

// Controls as the server has them: another may have turned them, or a style could not be read.
function reflect(controls) {
  const [[first], second] = Object.entries(controls.mix);
  style = first;
  for (const button of document.querySelectorAll("[data-style]")) button.ariaPressed = String(button.dataset.style === first);
  $("second").value = second ? second[0] : "";
  $("shares").hidden = !second;
  if (second) $("share").value = Math.round(100 * second[1]);
  $("strength").value = Math.round(100 * controls.strength);
  $("colors").checked = controls.keep_color !== null;
  $("stabilize").value = controls.stabilize;
  for (const output of document.querySelectorAll("output")) output.value = `${$(output.htmlFor.value).value} %`;
}

function hang({ name, title, by }, picture) {
  const button = document.createElement("button"), image = new Image(), caption = document.createElement("span"), words = document.createElement("b");
  button.dataset.style = name;
  button.ariaPressed = "false";
  button.title = by ? `${title} – ${by}` : title;
  image.alt = "";
  image.src = picture;
  image.onerror = () => image.remove(); // a style that was learned, and has no picture here
  words.textContent = title;
  caption.append(words);
  button.append(image, caption);
  button.onclick = () => choose(name);
  $("own-tile").before(button);
  $("second").add(new Option(title, name));
}

async function bring(file) {
  const { upload } = await setup;
  if (!visit?.name) return say("Start the camera first: your style is kept for this visit alone.", true);
  if (file.size > upload) return say(`That file is larger than ${upload / 2 ** 20} MB.`, true);
  say(`Reading ${file.name} …`);
  try {
    const answer = await fetch(`/visit/${visit.name}/styles`, { method: "POST", body: file });
    if (!answer.ok) return say(await answer.text(), true);
    const { style: name } = await answer.json();
    hang({ name, title: file.name.replace(/\.[^.]*$/, ""), by: "yours" }, URL.createObjectURL(file));
    choose(name);
  } catch (error) {
    say(`The style could not be sent: ${error.message}`, true);
  }
}

function forgetOwn() { // what was brought to a visit ends with it
  for (const button of document.querySelectorAll('[data-style^="own-"]')) {
    URL.revokeObjectURL(button.querySelector("img")?.src ?? "");
    $("second").querySelector(`[value="${button.dataset.style}"]`)?.remove();
    button.remove();
  }
  if (style.startsWith("own-")) choose(document.querySelector("[data-style]").dataset.style);
}

// ---------------------------------------------------------------- the picture

function snapshot() {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [stylized.videoWidth, stylized.videoHeight];
  canvas.getContext("2d").drawImage(stylized, 0, 0);
  canvas.toBlob(blob => save(blob, "png"), "image/png");
}

function record() {
  if (recorder) return recorder.stop();
  const type = ["video/mp4", "video/webm"].find(type => MediaRecorder.isTypeSupported(type));
  const parts = [];
  recorder = new MediaRecorder(stylized.srcObject, { mimeType: type, videoBitsPerSecond: 10_000_000 });
  recorder.ondataavailable = event => parts.push(event.data);
  recorder.onstop = () => {
    recorder = null;
    recording(false);
    save(new Blob(parts, { type }), type.slice("video/".length));
  };
  recorder.start(1000);
  recording(true);
}

function recording(is) {
  $("record").ariaPressed = String(is);
  $("record").textContent = is ? "Stop recording" : "Record";
}

function save(blob, kind) {
  const link = document.createElement("a"), time = new Date().toISOString().slice(0, 19).replace(/[:T]/g, "-");
  link.href = URL.createObjectURL(blob);
  link.download = `vidstyle-${time}.${kind}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  say(`Saved as ${link.download}.`);
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else if ($("stage").requestFullscreen) $("stage").requestFullscreen();
  else stylized.webkitEnterFullscreen?.(); // iPhones
}

function compare() {
  $("stage").style.setProperty("--seen", `${$("compare").value}%`);
  $("stage").classList.toggle("compared", $("compare").value > 0);
}

function live(is) {
  document.body.classList.toggle("live", is);
  for (const id of ["snapshot", "record", "full", "compare"]) $(id).disabled = !is;
  $("start").textContent = is ? "Stop" : "Start camera";
  if (!is) {
    $("turn").hidden = true;
    forgetOwn();
  }
}

function say(text, isProblem = false) {
  $("message").textContent = text;
  $("message").className = isProblem ? "problem" : "";
}

// ---------------------------------------------------------------- at the beginning

$("start").onclick = () => (visit ? stop() : start());
$("turn").onclick = () => otherCamera().catch(error => stop(reason(error), true));
$("snapshot").onclick = snapshot;
$("record").onclick = record;
$("full").onclick = fullScreen;
$("compare").oninput = compare;
$("strength").oninput = () => wish({ strength: $("strength").value / 100 });
$("second").oninput = $("share").oninput = () => wish(wishes());
$("colors").oninput = $("stabilize").oninput = () => wish(wishes());
$("own").onchange = () => {
  if ($("own").files[0]) bring($("own").files[0]);
  $("own").value = "";
};
camera.onresize = () => $("stage").style.setProperty("--shape", `${camera.videoWidth || 16} / ${camera.videoHeight || 9}`);
stylized.requestVideoFrameCallback?.(eachFrame);
addEventListener("pagehide", () => stop());

const { styles, mixes, brings, controls } = await setup;
for (const entry of styles) hang(entry, `/styles/${encodeURIComponent(entry.name)}.jpg`);
$("blend").hidden = !mixes;
$("own-tile").hidden = !brings;
reflect(controls);
