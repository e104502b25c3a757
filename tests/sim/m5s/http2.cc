// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/http2.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "gateway/base/result.h"

namespace msggw::m5s {

namespace {

constexpr std::size_t kMostOutput = 256 * 1024;  // that waits for the socket
constexpr std::int32_t kConnectionWindow = 16 * 1024 * 1024;

std::string_view view(const std::uint8_t* octets, std::size_t size) {
  return {reinterpret_cast<const char*>(octets), size};
}

std::vector<nghttp2_nv> name_values(const Fields& fields) {
  // nghttp2 takes pointers to non-const and copies what they point to.
  const auto octets = [](const std::string& text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  std::vector<nghttp2_nv> out;
  for (const auto& [name, value] : fields) {
    out.push_back({octets(name), octets(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  return out;
}

}  // namespace

/// What nghttp2 calls.
struct Http2::Callbacks {
  static Http2& self(void* user) noexcept { return *static_cast<Http2*>(user); }

  static int begin(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) self(user).streams_[frame->hd.stream_id] = {};
    return 0;
  }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* user) noexcept {
    Stream* const stream = self(user).find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    stream->fields_octets += name_size + value_size + 32;
    if (stream->fields_octets > kMostFields) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const std::string_view given = view(name, name_size);
    if (given == ":status") stream->fields.clear();  // what a 1xx said is no part of the answer
    stream->fields.emplace_back(given, view(value, value_size));
    return 0;
  }

  static int data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* octets,
                  std::size_t size, void* user) noexcept {
    Stream* const stream = self(user).find(id);
    if (stream == nullptr) return 0;
    if (stream->body.size() + size > kMostBody) {
      stream->too_large = true;
      stream->body.clear();
    }
    if (!stream->too_large) stream->body.append(view(octets, size));
    return 0;
  }

  static int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
    const bool is_message = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (!is_message || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    Stream* const stream = self(user).find(frame->hd.stream_id);
    if (stream == nullptr || stream->whole) return 0;
    stream->whole = true;
    self(user).heard_.push_back({frame->hd.stream_id, std::move(stream->fields),
                                 std::move(stream->body), stream->too_large});
    return 0;
  }

  static int stream_closed(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) noexcept {
    Http2& http2 = self(user);
    const auto found = http2.streams_.find(id);
    if (found == http2.streams_.end()) return 0;
    if (http2.side_ == Side::client && !found->second.whole) http2.lost_.push_back(id);
    http2.streams_.erase(found);
    return 0;
  }

  static ssize_t read(nghttp2_session*, std::int32_t, std::uint8_t* octets, std::size_t most,
                      std::uint32_t* flags, nghttp2_data_source* source, void*) noexcept {
    Stream& stream = *static_cast<Stream*>(source->ptr);
    std::size_t end = stream.output.size();
    if (stream.half) {
      if (stream.sent >= end / 2) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
      end /= 2;
    }
    const std::size_t size = std::min(most, end - stream.sent);
    stream.output.copy(reinterpret_cast<char*>(octets), size, stream.sent);
    stream.sent += size;
    if (stream.sent == stream.output.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }
};

Http2::Http2(Side side) : side_(side), session_(make()) {
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kMostStreams},
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(kMostBody)},
  };
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

nghttp2_session* Http2::make() {
  nghttp2_session_callbacks* callbacks = nullptr;
  base::ensure(nghttp2_session_callbacks_new(&callbacks) == 0, "out of memory");
  const base::Handle<nghttp2_session_callbacks, nghttp2_session_callbacks_del> keep(callbacks);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Callbacks::begin);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::frame_received);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::stream_closed);
  nghttp2_session* session = nullptr;
  const int failed = side_ == Side::server ? nghttp2_session_server_new(&session, callbacks, this)
                                           : nghttp2_session_client_new(&session, callbacks, this);
  base::ensure(failed == 0, "out of memory");
  return session;
}

Http2::Stream* Http2::find(std::int32_t stream) {
  const auto found = streams_.find(stream);
  return found == streams_.end() ? nullptr : &found->second;
}

bool Http2::receive(std::string_view octets) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(octets.data());
  if (nghttp2_session_mem_recv(session_.get(), data, octets.size()) >= 0) return true;
  nghttp2_session_terminate_session(session_.get(), NGHTTP2_PROTOCOL_ERROR);
  return false;
}

std::vector<Http2::Heard> Http2::take_heard() {
  return std::exchange(heard_, {});
}

std::vector<std::int32_t> Http2::take_lost() {
  return std::exchange(lost_, {});
}

std::int32_t Http2::ask(const Fields& fields, std::string body) {
  const std::int32_t id =
      nghttp2_session_get_next_stream_id(session_.get()) > INT32_MAX
          ? -1
          : static_cast<std::int32_t>(nghttp2_session_get_next_stream_id(session_.get()));
  if (id < 0 || nghttp2_session_check_request_allowed(session_.get()) == 0) return -1;
  Stream& stream = streams_[id];
  stream.output = std::move(body);
  const auto values = name_values(fields);
  nghttp2_data_provider provider{{.ptr = &stream}, Callbacks::read};
  const std::int32_t given = nghttp2_submit_request(session_.get(), nullptr, values.data(),
                                                    values.size(), &provider, nullptr);
  if (given != id) streams_.erase(id);
  return given;
}

void Http2::answer(std::int32_t id, const Fields& fields, std::string body, bool half) {
  Stream* const stream = find(id);
  if (stream == nullptr) return;  // reset since
  stream->output = std::move(body);
  stream->half = half;
  const auto values = name_values(fields);
  nghttp2_data_provider provider{{.ptr = stream}, Callbacks::read};
  const bool is_empty = stream->output.empty();
  nghttp2_submit_response(session_.get(), id, values.data(), values.size(),
                          is_empty ? nullptr : &provider);
}

void Http2::reset(std::int32_t stream) {
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
}

std::string Http2::take_output() {
  std::string out;
  while (out.size() < kMostOutput) {
    const std::uint8_t* octets = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &octets);
    if (size <= 0) break;
    out.append(view(octets, static_cast<std::size_t>(size)));
  }
  return out;
}

bool Http2::is_over() const {
  return nghttp2_session_want_read(session_.get()) == 0 &&
         nghttp2_session_want_write(session_.get()) == 0;
}

}  // namespace msggw::m5s
