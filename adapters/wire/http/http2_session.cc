// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/http2_session.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "adapters/wire/http/http2_callbacks.h"
#include "gateway/base/result.h"

namespace msggw::http {

namespace bh = boost::beast::http;

namespace {

constexpr std::size_t kMostFlushed = 128 * 1024;  // of output that waits for the socket
constexpr std::size_t kMostSpare = 32;            // streams kept for the next requests
constexpr std::int32_t kConnectionWindow = 1 << 20;
constexpr std::size_t kMostDiscarded = 1024 * 1024;  // of a request that is answered already
constexpr std::size_t kWriteStep = 256 * 1024;       // what write_timeout is the time for
// Header fields beyond their limit are answered, but an octet of HPACK can be worth 4,096.
constexpr std::size_t kMostHeaders = 8;  // times the limit
constexpr std::chrono::seconds kDrainTime{2};

bool is_request(const nghttp2_frame& frame) noexcept {
  return frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
}

}  // namespace

struct Http2Session::Callbacks : Http2Callbacks<Http2Session, Stream> {
  static int begin(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
    return self(user).begin(*frame);
  }

  static nghttp2_session* make(Http2Session& owner) {
    return Http2Callbacks::make(owner, nghttp2_session_server_new2,
                                [](nghttp2_session_callbacks& callbacks, nghttp2_option&) {
                                  nghttp2_session_callbacks_set_on_begin_headers_callback(
                                      &callbacks, begin);
                                });
  }
};

Http2Session::Http2Session(SessionContext& context, Output& out)
    : context_(context),
      out_(out),
      budget_(context.options.max_useless_frames, context.time.now),
      session_(Callbacks::make(*this)),
      idle_since_(context.time.now) {
  const auto& options = context.options;
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options.max_streams},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
       static_cast<std::uint32_t>(options.max_header_octets)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  };
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

Http2Session::~Http2Session() {
  for (Streams* streams : {&receiving_, &whole_, &sending_}) {
    for (Stream& stream : *streams) stream.request.clear(context_);
  }
}

std::size_t Http2Session::receive(std::string_view octets) {
  if (closing_) return octets.size();
  const auto* data = reinterpret_cast<const std::uint8_t*>(octets.data());
  flooded_ = !budget_.take(octets, context_.time.now);
  const ssize_t taken =
      flooded_ ? 0 : nghttp2_session_mem_recv(session_.get(), data, octets.size());
  if (flooded_ || taken == NGHTTP2_ERR_FLOODED) {
    context_.counters.refused(Refusal::flood);
    calm();
  } else if (taken < 0) {
    context_.counters.refused(Refusal::malformed);
    close(NGHTTP2_PROTOCOL_ERROR);
  }
  return octets.size();
}

std::size_t Http2Session::buffered() const noexcept {
  std::size_t sum = 0;
  for (const Streams* streams : {&receiving_, &whole_, &sending_}) {
    for (const Stream& stream : *streams) sum += stream.request.charged();
  }
  return sum;
}

std::optional<std::pair<Request, std::uint64_t>> Http2Session::take() {
  while (next_ready_ < ready_.size()) {
    Stream* stream = find(ready_[next_ready_++]);
    if (stream == nullptr) continue;  // reset since
    const auto request = stream->request.view(20);
    if (!request) {
      refuse(*stream, Refusal::malformed);
      continue;
    }
    stream->taken = true;
    asked_ = true;
    context_.counters.request(20);
    return std::pair(*request, static_cast<std::uint64_t>(stream->id));
  }
  ready_.clear();
  next_ready_ = 0;
  return {};
}

bool Http2Session::respond(std::uint64_t number, Response response) {
  Stream* stream = find(static_cast<std::int32_t>(number));
  if (stream == nullptr || !stream->taken || stream->answered) return false;
  submit(*stream, sound(std::move(response), context_.counters));
  return true;
}

void Http2Session::end_of_input() {
  if (!receiving_.empty()) context_.counters.refused(Refusal::incomplete);
  closing_ = true;
}

void Http2Session::flush() {
  for (const std::int32_t id : answered_) {
    if (Stream* stream = find(id)) stream->request.clear(context_);
  }
  answered_.clear();
  if (context_.leaving) leave();
  while (out_.size() < kMostFlushed) {
    const std::uint8_t* octets = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &octets);
    if (size > 0) {
      out_.append(view(octets, static_cast<std::size_t>(size)));
      continue;
    }
    if (size < 0) closing_ = true;
    break;
  }
  const bool wants = nghttp2_session_want_read(session_.get()) != 0 ||
                     nghttp2_session_want_write(session_.get()) != 0;
  if (!wants || (leaving_ && idle() && nghttp2_session_want_write(session_.get()) == 0))
    closing_ = true;
}

void Http2Session::check_time() {
  const auto now = context_.time.now;
  const auto& options = context_.options;
  if (!settled_ && now - idle_since_ > options.header_timeout) {
    context_.counters.refused(Refusal::timeout);
    return close(NGHTTP2_SETTINGS_TIMEOUT);
  }
  const auto most_idle = asked_ ? options.idle_timeout : options.header_timeout;
  if (idle() && now - idle_since_ > most_idle) return close(NGHTTP2_NO_ERROR);
  while (!receiving_.empty() && now - receiving_.front().since > options.header_timeout) {
    refuse(receiving_.front(), Refusal::timeout);
  }
  for (auto next = sending_.begin(); next != sending_.end();) {
    Stream& stream = *next++;
    if (stream.all_sent && now - stream.since > kDrainTime) {
      reset(stream, NGHTTP2_NO_ERROR);
    } else if (!stream.all_sent && now > stream.due) {  // the client opens no window
      context_.counters.refused(Refusal::timeout);
      reset(stream, NGHTTP2_CANCEL);
    }
  }
}

int Http2Session::begin(const nghttp2_frame& frame) {
  header_list_octets_ = 0;
  if (!is_request(frame)) return 0;
  if (spare_.empty()) {
    receiving_.emplace_back();
  } else {
    receiving_.splice(receiving_.end(), spare_, spare_.begin());
  }
  Stream& stream = receiving_.back();
  stream.self = std::prev(receiving_.end());
  stream.home = &receiving_;
  stream.id = frame.hd.stream_id;
  stream.since = context_.time.now;
  stream.refusal = stream.request.charge(kRequestOctets, context_);
  nghttp2_session_set_stream_user_data(session_.get(), stream.id, &stream);
  return 0;
}

int Http2Session::header(const nghttp2_frame& frame, std::string_view name,
                         std::string_view value) {
  header_list_octets_ += name.size() + value.size() + 32;  // as RFC 9113 6.5.2 counts
  flooded_ = flooded_ || header_list_octets_ > kMostHeaders * context_.options.max_header_octets;
  if (flooded_) return NGHTTP2_ERR_CALLBACK_FAILURE;
  if (!is_request(frame)) return 0;  // a trailer
  Stream* stream = find(frame.hd.stream_id);
  if (stream == nullptr || stream->refusal) return 0;
  if (header_list_octets_ > context_.options.max_header_octets) {
    stream->refusal = Refusal::header_size;
  } else if (name == ":method") {
    stream->request.method = value;
  } else if (name == ":path") {
    stream->request.target = value;
    stream->refusal = stream->request.charge(value.size(), context_);
  } else if (name == "content-length") {
    // Its syntax was checked by nghttp2, but for its size a number of 64 bits.
    auto& length = stream->announced_octets;
    std::from_chars(value.data(), value.data() + value.size(), length);
    if (length > context_.options.max_body_octets) stream->refusal = Refusal::body_size;
  } else {
    const auto known = name == ":authority" ? bh::field::host : bh::string_to_field(name);
    stream->refusal = stream->request.add(known, name, value, context_);
  }
  return 0;
}

int Http2Session::received(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_SETTINGS) settled_ = true;
  if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) return 0;
  Stream* stream = find(frame.hd.stream_id);
  if (stream == nullptr) return 0;
  const bool end = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  stream->whole = end;
  if (is_request(frame)) {
    stream->header_octets = frame.hd.length;
    header_complete(*stream);
  }
  if (end && !stream->answered && !stream->without_body) ready(*stream);
  return 0;
}

void Http2Session::ready(Stream& stream) {
  move(stream, whole_);
  ready_.push_back(stream.id);
}

void Http2Session::header_complete(Stream& stream) {
  if (stream.refusal) return refuse(stream, *stream.refusal);
  if (!stream.request.expects_continue || stream.whole) return;
  if (!stream.request.wants_body(20, stream.announced_octets, context_)) {
    stream.without_body = true;
    return ready(stream);
  }
  const nghttp2_nv status = field(":status", "100", kKept);
  nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, stream.id, nullptr, &status, 1,
                         nullptr);
}

int Http2Session::data(std::int32_t id, std::string_view octets) {
  Stream* stream = find(id);
  if (stream == nullptr) return 0;
  if (!stream->answered && !stream->without_body) {
    const auto refusal = stream->request.add_body(octets, context_);
    if (refusal) refuse(*stream, *refusal);
    return 0;
  }
  stream->discarded += octets.size();
  if (stream->all_sent && stream->discarded > kMostDiscarded) reset(*stream, NGHTTP2_NO_ERROR);
  return 0;
}

/// The answer may be out before the whole request is in. The client is given a while to see that by
/// itself: curl, for one, loses an answer that a reset follows at once.
int Http2Session::sent(const nghttp2_frame& frame) {
  if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) return 0;
  if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
  Stream* stream = find(frame.hd.stream_id);
  if (stream == nullptr || stream->whole) return 0;
  stream->all_sent = true;
  stream->since = context_.time.now;
  return 0;
}

/// With NO_ERROR: the answer is whole, what is left of the request is not wanted (RFC 9113 8.1).
void Http2Session::reset(Stream& stream, std::uint32_t error) {
  if (std::exchange(stream.is_reset, true)) return;
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream.id, error);
}

int Http2Session::send_data(Stream& stream, const std::uint8_t* frame_header, std::size_t length) {
  constexpr std::size_t kFrameHeader = 9;
  std::string& out = out_.tail();
  out.append(view(frame_header, kFrameHeader));
  out.append(stream.response.body, stream.sent, length);
  stream.sent += length;
  unread_ -= length;
  budget_.sent(length);
  return 0;
}

void Http2Session::closed(std::int32_t id, std::uint32_t error) {
  Stream* stream = find(id);
  if (stream == nullptr) return;
  if (stream->answered) unread_ -= kAnswerOctets + unsent(*stream);
  if (stream->taken) idle_since_ = context_.time.now;
  if (stream->taken && stream->answered && error == NGHTTP2_NO_ERROR)
    budget_.request_done(stream->header_octets);
  nghttp2_session_set_stream_user_data(session_.get(), id, nullptr);
  stream->request.clear(context_);
  static_cast<Progress&>(*stream) = {};
  if (spare_.size() < kMostSpare) {
    move(*stream, spare_);
  } else {
    stream->home->erase(stream->self);
  }
}

Http2Session::Stream* Http2Session::find(std::int32_t id) const noexcept {
  return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session_.get(), id));
}

void Http2Session::move(Stream& stream, Streams& to) {
  to.splice(to.end(), *stream.home, stream.self);
  stream.home = &to;
}

void Http2Session::refuse(Stream& stream, Refusal refusal) {
  context_.counters.refused(refusal);
  submit(stream, refusal_response(refusal));
}

void Http2Session::submit(Stream& stream, Response response) {
  context_.counters.response(response.status);
  stream.answered = true;
  answered_.push_back(stream.id);
  move(stream, sending_);
  stream.response = std::move(response);
  Response& answer = stream.response;
  const std::string status = std::to_string(answer.status);
  const std::string length = std::to_string(answer.body.size());
  fields_.clear();
  fields_.push_back(field(":status", status, NGHTTP2_NV_FLAG_NO_COPY_NAME));
  fields_.push_back(field("date", context_.time.date, NGHTTP2_NV_FLAG_NO_COPY_NAME));
  if (!is_bodiless(answer.status, false))
    fields_.push_back(field("content-length", length, NGHTTP2_NV_FLAG_NO_COPY_NAME));
  if (!answer.content_type.empty()) {
    fields_.push_back(field("content-type", answer.content_type, kKept));
  }
  for (const auto& [name, value] : answer.headers) fields_.push_back(field(name, value, kKept));

  if (is_bodiless(answer.status, stream.request.is_head())) answer.body.clear();
  unread_ += kAnswerOctets + answer.body.size();
  const auto steps = 1 + static_cast<int>(unread_ / kWriteStep);
  stream.due = context_.time.now + context_.options.write_timeout * steps;
  nghttp2_data_provider body{};
  body.source.ptr = &stream;
  body.read_callback = Callbacks::read_data;
  nghttp2_submit_response(session_.get(), stream.id, fields_.data(), fields_.size(),
                          answer.body.empty() ? nullptr : &body);
}

/// No further request is taken.
void Http2Session::leave() {
  if (std::exchange(leaving_, true)) return;
  nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_.get()), NGHTTP2_NO_ERROR,
                        nullptr, 0);
}

void Http2Session::close(std::uint32_t error) {
  nghttp2_session_terminate_session(session_.get(), error);
  flush();
  closing_ = true;
}

}  // namespace msggw::http
