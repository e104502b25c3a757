// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/wire/http/http2_client_session.h"
#include "adapters/wire/http/test_frames.h"
#include "gateway/base/handle.h"

namespace msggw::http::test {

/// An answer of status 200, whole.
inline std::string answer(std::uint32_t stream, const std::string& fields = "",
                          const std::string& body = "ok") {
  return frame(kHeaders, kEndHeaders, stream, "\x88" + fields) +
         frame(kData, kEndStream, stream, body);
}

/// A client's session, and the server's side of it, octet by octet.
class Http2Server {
 public:
  explicit Http2Server(ClientOptions options = {}) : context_{std::move(options)} { look(); }
  explicit Http2Server(base::Uri origin) : origin_(std::move(origin)) { look(); }

  void settle(const std::string& entries = "") { say(frame(kSettings, 0, 0, entries)); }
  void say(const std::string& octets) {
    session_.receive(octets);
    look();
  }
  void pass(base::Duration time) {
    context_.now += time;
    session_.check_time();
    look();
  }
  /// How often `octets` are taken, at most `most` times.
  int flood(const std::string& octets, int most = 10'000) {
    int taken = 0;
    while (taken < most && !session_.over()) ++taken, say(octets);
    return taken;
  }

  /// Submits a request. Returns its number, for the questions below.
  std::size_t ask(const std::string& method = "POST", const std::string& body = "hello") {
    ClientRequest request;
    request.method = method;
    request.url = origin_;
    request.body = body;
    return ask(std::move(request));
  }
  std::size_t ask(ClientRequest request) {
    const std::size_t number = results_.size();
    results_.emplace_back();
    Http2Exchanges waiting(1);
    waiting.front().request = std::move(request);
    waiting.front().started = context_.now;
    waiting.front().done = [this, number](base::Result<ClientResponse> result) {
      base::ensure(!results_[number], "told twice");
      results_[number] = std::move(result);
    };
    ++context_.in_flight;
    session_.submit(waiting);
    look();
    return number;
  }
  /// Null: none, or an error.
  const ClientResponse* response(std::size_t number) {
    take_results();
    auto& result = results_[number];
    return result && *result ? &**result : nullptr;
  }
  /// "CODE: DETAIL"; empty: none, or an answer.
  std::string error(std::size_t number) {
    take_results();
    const auto& result = results_[number];
    if (!result || *result) return {};
    return std::string(base::name_of(result->error().code)) + ": " + result->error().detail;
  }

  /// Frames of the client of this type, but for acknowledgements.
  std::size_t heard(FrameType type) const {
    const bool acknowledged = type == kPing || type == kSettings;
    return static_cast<std::size_t>(
        std::count_if(frames_.begin(), frames_.end(), [&](const Frame& frame) {
          return frame.type == type && !(acknowledged && (frame.flags & kAck) != 0);
        }));
  }
  bool has_reset(std::uint32_t stream) const {
    return std::any_of(frames_.begin(), frames_.end(), [stream](const Frame& frame) {
      return frame.type == kReset && frame.stream == stream;
    });
  }
  std::string heard_body() const {
    std::string body;
    for (const Frame& frame : frames_)
      if (frame.type == kData) body += frame.payload;
    return body;
  }
  /// "NAME=VALUE" of the header of a request; those before it must have been asked for.
  std::vector<std::string> header_of(std::uint32_t stream) {
    std::vector<std::string> fields;
    for (const Frame& frame : frames_)
      if (frame.type == kHeaders && frame.stream == stream) inflate(frame.payload, fields);
    return fields;
  }

  /// Submits what the server has not processed once more. Returns how many there were.
  std::size_t ask_again() {
    const std::size_t count = context_.unprocessed.size();
    while (!context_.unprocessed.empty()) session_.submit(context_.unprocessed);
    look();
    return count;
  }

  Http2ClientSession& session() { return session_; }
  Http2ClientContext& context() { return context_; }
  std::size_t written = 0;  ///< octets, by the client

 private:
  void look() {
    session_.flush();
    std::string octets;
    for (const auto& part : out_.buffers())
      octets.append(static_cast<const char*>(part.data()), part.size());
    written += octets.size();
    for (Frame& frame : frames_of(octets)) frames_.push_back(std::move(frame));
    out_.clear();
  }
  void take_results() {
    for (Finished& finished : std::exchange(context_.finished, {}))
      finished.done(std::move(finished.result));
  }
  void inflate(std::string block, std::vector<std::string>& fields) {
    auto* octets = reinterpret_cast<std::uint8_t*>(block.data());
    std::size_t left = block.size();
    int flags = 0;
    while ((flags & NGHTTP2_HD_INFLATE_FINAL) == 0) {
      nghttp2_nv field;
      const ssize_t read = nghttp2_hd_inflate_hd2(inflater_.get(), &field, &flags, octets, left, 1);
      base::ensure(read >= 0, "a header block that can be read");
      octets += read;
      left -= static_cast<std::size_t>(read);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0)
        fields.push_back(std::string(reinterpret_cast<char*>(field.name), field.namelen) + "=" +
                         std::string(reinterpret_cast<char*>(field.value), field.valuelen));
    }
    nghttp2_hd_inflate_end_headers(inflater_.get());
  }
  static nghttp2_hd_inflater* make_inflater() {
    nghttp2_hd_inflater* inflater = nullptr;
    base::ensure(nghttp2_hd_inflate_new(&inflater) == 0, "out of memory");
    return inflater;
  }

  const base::Uri origin_ = base::parse_uri("http://h.example").value();
  Http2ClientContext context_{};
  Output out_;
  Http2ClientSession session_{context_, origin_, out_};
  std::vector<Frame> frames_;
  std::vector<std::optional<base::Result<ClientResponse>>> results_;
  base::Handle<nghttp2_hd_inflater, nghttp2_hd_inflate_del> inflater_{make_inflater()};
};

}  // namespace msggw::http::test
