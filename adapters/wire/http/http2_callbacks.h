// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "adapters/wire/http/http2_fields.h"
#include "gateway/base/handle.h"
#include "gateway/base/result.h"

namespace msggw::http {

/// What nghttp2 calls of a session of either side: each finds its session, converts, and makes one
/// call. `Sending` is what the session sends a body of; Owner::unsent() says how much is left. How
/// a message begins each side hears in its own way, and adds that to make().
template <class Owner, class Sending>
struct Http2Callbacks {
  static Owner& self(void* user) noexcept { return *static_cast<Owner*>(user); }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* user) noexcept {
    return self(user).header(*frame, view(name, name_size), view(value, value_size));
  }
  static int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
    return code_of([&] { return self(user).received(*frame); });
  }
  static int data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* octets,
                  std::size_t size, void* user) noexcept {
    return code_of([&] { return self(user).data(id, view(octets, size)); });
  }
  static int frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
    return code_of([&] { return self(user).sent(*frame); });
  }
  static int stream_closed(nghttp2_session*, std::int32_t id, std::uint32_t error,
                           void* user) noexcept {
    return code_of([&] { return self(user).closed(id, error); });
  }
  static int send_data(nghttp2_session*, nghttp2_frame*, const std::uint8_t* header,
                       std::size_t length, nghttp2_data_source* source, void* user) noexcept {
    return self(user).send_data(*static_cast<Sending*>(source->ptr), header, length);
  }
  static ssize_t read_data(nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t most,
                           std::uint32_t* flags, nghttp2_data_source* source, void*) noexcept {
    const std::size_t left = Owner::unsent(*static_cast<const Sending*>(source->ptr));
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (left <= most) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(std::min(left, most));
  }

  /// A session by `create`, nghttp2_session_server_new2 or that of clients. `add` sets what the
  /// side has beside these callbacks and options.
  template <class Create, class Add>
  static nghttp2_session* make(Owner& owner, Create create, Add add) {
    nghttp2_session_callbacks* callbacks = nullptr;
    base::ensure(nghttp2_session_callbacks_new(&callbacks) == 0, "out of memory");
    const base::Handle<nghttp2_session_callbacks, nghttp2_session_callbacks_del> keep(callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, send_data);
    nghttp2_option* option = nullptr;
    base::ensure(nghttp2_option_new(&option) == 0, "out of memory");
    const base::Handle<nghttp2_option, nghttp2_option_del> keep_option(option);
    nghttp2_option_set_no_closed_streams(option, 1);
    add(*callbacks, *option);
    nghttp2_session* session = nullptr;
    base::ensure(create(&session, callbacks, &owner, option) == 0, "out of memory");
    return session;
  }

 private:
  /// What a call says to nghttp2; one that gives nothing back says that all is well.
  template <class Call>
  static int code_of(Call call) {
    if constexpr (std::is_void_v<decltype(call())>)
      return call(), 0;
    else
      return call();
  }
};

}  // namespace msggw::http
