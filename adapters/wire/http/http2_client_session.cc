// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/http2_client_session.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <utility>

#include "adapters/wire/http/http2_callbacks.h"
#include "gateway/base/result.h"

namespace msggw::http {

namespace {

using base::Errc;

constexpr std::size_t kMostFlushed = 128 * 1024;  // of output that waits for the socket
constexpr std::int32_t kConnectionWindow = 1 << 20;
constexpr std::size_t kStreamWindow = 65'535;  // as it is without a word about it
constexpr std::size_t kMostUselessFrames = 2'000;
// A NAT or a balancer may forget a connection without a word. How long one may say nothing while it
// is asked, until a PING and then again until it is given up: a part of the request's time.
constexpr int kQuietPart = 4;
constexpr base::Duration kLeastQuiet{1'000};
constexpr base::Duration kMostQuiet{10'000};
constexpr std::chrono::seconds kMostIdle{60};

constexpr const char* kTooLong = "the answer is too long";

std::string words(std::string_view what, std::uint32_t error) {
  return std::string(what).append(" (").append(nghttp2_http2_strerror(error)).append(")");
}

}  // namespace

struct Http2ClientSession::Callbacks : Http2Callbacks<Http2ClientSession, Http2Exchange> {
  static int frame_begun(nghttp2_session*, const nghttp2_frame_hd* frame, void* user) noexcept {
    return self(user).begin(*frame), 0;
  }

  static nghttp2_session* make(Http2ClientSession& owner) {
    return Http2Callbacks::make(
        owner, nghttp2_session_client_new2,
        [](nghttp2_session_callbacks& callbacks, nghttp2_option& option) {
          nghttp2_session_callbacks_set_on_begin_frame_callback(&callbacks, frame_begun);
          nghttp2_option_set_max_reserved_remote_streams(&option, 0);  // nothing is to be pushed
        });
  }
};

Http2ClientSession::Http2ClientSession(Http2ClientContext& context, const base::Uri& origin,
                                       Output& out)
    : context_(context),
      out_(out),
      scheme_(base::is_secure(origin.scheme) ? "https" : "http"),
      authority_(base::origin_of(origin).substr(std::string_view(scheme_).size() + 3)),
      budget_(kMostUselessFrames, context.now, 0),
      session_(Callbacks::make(*this)),
      heard_(context.now),
      idle_since_(context.now) {
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kMostHeaderOctets},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  };
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

bool Http2ClientSession::takes_requests() const noexcept {
  return settled_ && !over_ && nghttp2_session_check_request_allowed(session_.get()) != 0;
}

std::size_t Http2ClientSession::room() const noexcept {
  if (!takes_requests()) return 0;
  const std::size_t most =
      nghttp2_session_get_remote_settings(session_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  return most > streams() ? most - streams() : 0;
}

void Http2ClientSession::submit(Http2Exchanges& waiting) {
  open_.splice(open_.end(), waiting, waiting.begin());
  Http2Exchange& exchange = open_.back();
  exchange.self = std::prev(open_.end());
  ClientRequest& request = exchange.request;
  std::string& target = request.url.path;
  if (target.empty()) target = "/";
  if (!request.query.empty()) target.append("?").append(std::exchange(request.query, {}));

  std::array<nghttp2_nv, 8 + ClientRequest::kMostHeaders> fields;
  std::size_t count = 0;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) fields[count++] = field(name, value);
  };
  add(":method", request.method);
  add(":scheme", scheme_);
  add(":authority", authority_);
  add(":path", target);
  if (has_body(request)) exchange.length = std::to_string(request.body.size());
  add("content-type", request.content_type);
  add("content-length", exchange.length);
  add("accept", request.accept);
  add("authorization", request.authorization);
  for (const auto& [name, value] : request.headers) add(name, value);

  nghttp2_data_provider body{};
  body.source.ptr = &exchange;
  body.read_callback = Callbacks::read_data;
  const bool bare = exchange.length.empty() || request.body.empty();
  exchange.stream = nghttp2_submit_request(session_.get(), nullptr, fields.data(), count,
                                           bare ? nullptr : &body, &exchange);
  base::ensure(exchange.stream > 0, "nghttp2 takes a request when there is room");
  of_use_ = true;
}

void Http2ClientSession::receive(std::string_view octets) {
  if (over_) return;
  heard_ = context_.now;
  pinged_.reset();
  const auto* data = reinterpret_cast<const std::uint8_t*>(octets.data());
  const bool flood = !budget_.take(octets, context_.now) && settled_;  // before, it may be anything
  if (flood) return calm();
  const ssize_t taken = nghttp2_session_mem_recv(session_.get(), data, octets.size());
  if (taken == NGHTTP2_ERR_FLOODED) return calm();
  if (taken < 0)
    return end(NGHTTP2_PROTOCOL_ERROR, Errc::malformed, nghttp2_strerror(static_cast<int>(taken)));
  flush();  // nghttp2 may have a better reason to end
  if (budget_.data_octets() > data_allowed_) calm();
}

void Http2ClientSession::calm() {
  end(NGHTTP2_ENHANCE_YOUR_CALM, Errc::unavailable,
      "the server floods the connection with what was not asked for");
}

void Http2ClientSession::flush() {
  while (out_.size() < kMostFlushed) {
    const std::uint8_t* octets = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &octets);
    if (size <= 0) break;
    out_.append(view(octets, static_cast<std::size_t>(size)));
  }
  if (over_ || nghttp2_session_want_read(session_.get()) != 0 ||
      nghttp2_session_want_write(session_.get()) != 0)
    return;
  over_ = reason_of_end();
  fail(over_->code, over_->detail);
}

/// Of a session that nghttp2 has ended.
base::Error Http2ClientSession::reason_of_end() const {
  if (!settled_ && said_goodbye_) return {Errc::malformed, "the server does not speak HTTP/2"};
  if (said_goodbye_)
    return {Errc::malformed, words("the server breaks the rules of HTTP/2", *said_goodbye_)};
  return {Errc::unavailable,
          words("the server has ended the connection", heard_goodbye_.value_or(0))};
}

void Http2ClientSession::end(std::uint32_t error, Errc code, std::string_view reason) {
  if (over_) return;
  over_ = base::Error{code, std::string(reason)};
  fail(code, reason);
  nghttp2_session_terminate_session(session_.get(), error);
}

void Http2ClientSession::fail(Errc code, std::string_view reason) {
  const std::string of_others = std::string(kWithOthers) + ": " + std::string(reason);
  bool told = false;
  for (Http2Exchange& exchange : open_) {
    context_.fail(exchange, code, told ? of_others : reason);
    told = true;
  }
  closing_.splice(closing_.end(), open_);
}

void Http2ClientSession::check_time() {
  const auto now = context_.now;
  const auto quiet =
      std::clamp(context_.options.request_timeout / kQuietPart, kLeastQuiet, kMostQuiet);
  const bool unheard = expire();
  if (pinged_) {
    if (now - *pinged_ > quiet)
      end(NGHTTP2_NO_ERROR, Errc::unavailable, "the connection is lost: no answer to a PING");
  } else if (unheard || (streams() > 0 && now - heard_ > quiet)) {
    pinged_ = now;
    nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
  }
  if (streams() > 0 || !settled_) return;
  const bool spent = !takes_requests();  // it has no number left for a stream
  if (!spent && now - idle_since_ <= kMostIdle) return;
  of_use_ = true;
  end(NGHTTP2_NO_ERROR, Errc::unavailable, "the connection is not used");
}

/// Whether a request has had its time, and nothing at all was heard in it.
bool Http2ClientSession::expire() {
  bool unheard = false;
  while (!open_.empty() && context_.is_overdue(open_.front())) {
    unheard = unheard || open_.front().started > heard_;
    drop(open_.front(), Errc::unavailable, "no answer in time");
  }
  return unheard;
}

/// Ends an exchange whose answer is not waited for any longer.
void Http2ClientSession::drop(Http2Exchange& exchange, Errc code, std::string_view reason) {
  context_.fail(exchange, code, reason);
  closing_.splice(closing_.end(), open_, exchange.self);
  data_allowed_ += kStreamWindow;  // it may be on its way
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, exchange.stream, NGHTTP2_CANCEL);
}

/// The budget of frames lets DATA pass, which is worth its octets: here is what is worth nothing.
/// Nghttp2 does not call this for frames that it ignores.
void Http2ClientSession::begin(const nghttp2_frame_hd& frame) {
  if (frame.type != NGHTTP2_DATA) return;
  const Http2Exchange* exchange = find(frame.stream_id);
  if (exchange != nullptr && !exchange->ended) data_allowed_ += frame.length;
}

int Http2ClientSession::header(const nghttp2_frame& frame, std::string_view name,
                               std::string_view value) {
  if (frame.hd.type != NGHTTP2_HEADERS) return 0;
  Http2Exchange* exchange = find(frame.hd.stream_id);
  // The rest of the frame is not looked at then: an octet of HPACK can be worth 4,096.
  if (exchange == nullptr || exchange->ended) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  if (exchange->answer.take_field(name, value)) return 0;
  drop(*exchange, Errc::too_large, kTooLong);
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

void Http2ClientSession::received(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_SETTINGS) settled_ = true;
  if (frame.hd.type == NGHTTP2_GOAWAY) heard_goodbye_ = frame.goaway.error_code;
  Http2Exchange* exchange = find(frame.hd.stream_id);
  if (exchange == nullptr || exchange->ended) return;
  if (frame.hd.type == NGHTTP2_RST_STREAM) exchange->reset_by_peer = true;
  if (frame.hd.type == NGHTTP2_HEADERS) {
    exchange->frame_octets += frame.hd.length;
    if (!exchange->answer.has_header() && !header_complete(*exchange)) return;
  }
  const bool part = frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA;
  if (part && (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) whole(*exchange);
}

/// False: it is dropped.
bool Http2ClientSession::header_complete(Http2Exchange& exchange) {
  const bool has_body = exchange.request.method != "HEAD";
  if (!exchange.answer.end_header()) {
    drop(exchange, Errc::malformed, "the answer has no status");
  } else if (has_body &&
             exchange.answer.announced_octets() > context_.options.max_response_octets) {
    drop(exchange, Errc::too_large, kTooLong);
  }
  return !exchange.ended;
}

void Http2ClientSession::data(std::int32_t id, std::string_view octets) {
  Http2Exchange* exchange = find(id);
  if (exchange == nullptr || exchange->ended) return;
  if (!exchange->answer.take_body(octets, context_.options.max_response_octets))
    drop(*exchange, Errc::too_large, kTooLong);
}

/// The answer may be there before the request is out: what is left of it is not sent then.
void Http2ClientSession::whole(Http2Exchange& exchange) {
  if (!exchange.answer.has_header())
    return drop(exchange, Errc::malformed, "only an interim answer came");
  budget_.request_done(exchange.frame_octets);
  context_.finish(exchange, exchange.answer.take());
  closing_.splice(closing_.end(), open_, exchange.self);
  if (nghttp2_session_get_stream_local_close(session_.get(), exchange.stream) == 0)
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, exchange.stream, NGHTTP2_CANCEL);
}

void Http2ClientSession::sent(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_GOAWAY) said_goodbye_ = frame.goaway.error_code;
}

int Http2ClientSession::send_data(Http2Exchange& exchange, const std::uint8_t* frame_header,
                                  std::size_t length) {
  constexpr std::size_t kFrameHeader = 9;
  std::string& out = out_.tail();
  out.append(view(frame_header, kFrameHeader));
  out.append(exchange.request.body, exchange.sent, length);
  exchange.sent += length;
  budget_.sent(length);
  return 0;
}

void Http2ClientSession::closed(std::int32_t id, std::uint32_t error) {
  Http2Exchange* exchange = find(id);
  if (exchange == nullptr) return;
  nghttp2_session_set_stream_user_data(session_.get(), id, nullptr);
  Http2Exchanges& home = exchange->ended ? closing_ : open_;
  if (!exchange->ended && !exchange->reset_by_peer) data_allowed_ += kStreamWindow;
  if (!exchange->ended && error == NGHTTP2_REFUSED_STREAM && !exchange->goes_again) {
    context_.put_back(*exchange, home);
  } else {
    if (!exchange->ended) {
      const auto why = reason_of_close(*exchange, error);
      context_.fail(*exchange, why.code, why.detail);
    }
    home.erase(exchange->self);
  }
  if (streams() == 0) idle_since_ = context_.now;
}

/// REFUSED_STREAM is also nghttp2's word for what a GOAWAY does not count as taken.
base::Error Http2ClientSession::reason_of_close(const Http2Exchange& exchange,
                                                std::uint32_t error) const {
  if (error == NGHTTP2_REFUSED_STREAM) {
    const std::string not_processed = std::string(kNotProcessed) + ": ";
    if (exchange.reset_by_peer || !heard_goodbye_)
      return {Errc::unavailable, not_processed + "the server refused the request"};
    return {Errc::unavailable,
            words(not_processed + "the server ends the connection", *heard_goodbye_)};
  }
  if (exchange.reset_by_peer)
    return {Errc::unavailable, words("the server reset the request", error)};
  return {Errc::malformed, words("the answer is none of HTTP/2", error)};
}

Http2Exchange* Http2ClientSession::find(std::int32_t id) const noexcept {
  return static_cast<Http2Exchange*>(nghttp2_session_get_stream_user_data(session_.get(), id));
}

}  // namespace msggw::http
