// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/wire/http/frame_budget.h"
#include "adapters/wire/http/output.h"
#include "adapters/wire/http/session.h"
#include "gateway/base/handle.h"

namespace msggw::http {

/// The server's side of one HTTP/2 connection (RFC 9113) without the connection, in the shape of
/// Http1Session. Up to options.max_streams requests are in hand at a time and may be answered in
/// any order. What nghttp2 guards against (malformed messages, resets in a row, answers to PING and
/// SETTINGS that nobody takes) it answers itself; frames that bring nothing have a budget.
class Http2Session {
 public:
  Http2Session(SessionContext& context, Output& out);
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  std::size_t receive(std::string_view octets);
  std::optional<std::pair<Request, std::uint64_t>> take();
  bool respond(std::uint64_t number, Response response);
  void end_of_input();
  /// Moves what may be sent now into the output, up to a bound; call again when that was written.
  void flush();
  void check_time();

  bool closing() const noexcept { return closing_; }
  bool in_hand() const noexcept { return false; }  ///< that outlives the client's end of its side
  bool idle() const noexcept { return whole_.empty() && receiving_.empty() && sending_.empty(); }
  bool is_asked() const noexcept { return !whole_.empty(); }
  std::size_t buffered() const noexcept;
  std::size_t unread() const noexcept { return unread_; }
  /// The end, with GOAWAY and ENHANCE_YOUR_CALM.
  void calm() { close(NGHTTP2_ENHANCE_YOUR_CALM); }

 private:
  /// What is forgotten before a stream is used again.
  struct Progress {
    std::size_t header_octets = 0;  // of its frames, as they came
    std::optional<Refusal> refusal{};
    std::uint64_t announced_octets = 0;
    bool whole = false;
    bool without_body = false;  // it is not waited for
    bool taken = false;
    bool answered = false;
    bool all_sent = false;      // the answer, while the request is not all in
    bool is_reset = false;      // by us; about to be closed
    std::size_t discarded = 0;  // of the request, since it was answered
    Response response{};
    std::size_t sent = 0;
    SteadyTime due{};  // the answer is to be taken until then
  };
  struct Stream : Progress {
    std::int32_t id = 0;
    Received request;
    SteadyTime since;  // it began, or its answer was all sent
    std::list<Stream>* home = nullptr;
    std::list<Stream>::iterator self;
  };
  using Streams = std::list<Stream>;
  using Session = base::Handle<nghttp2_session, nghttp2_session_del>;
  struct Callbacks;  // the trampolines
  template <class, class>
  friend struct Http2Callbacks;

  int begin(const nghttp2_frame& frame);
  int header(const nghttp2_frame& frame, std::string_view name, std::string_view value);
  int received(const nghttp2_frame& frame);
  int data(std::int32_t id, std::string_view octets);
  int sent(const nghttp2_frame& frame);
  static std::size_t unsent(const Stream& stream) noexcept {
    return stream.response.body.size() - stream.sent;
  }
  int send_data(Stream& stream, const std::uint8_t* frame_header, std::size_t length);
  void closed(std::int32_t id, std::uint32_t error);

  Stream* find(std::int32_t id) const noexcept;
  void move(Stream& stream, Streams& to);
  void header_complete(Stream& stream);
  void ready(Stream& stream);
  void refuse(Stream& stream, Refusal refusal);
  void reset(Stream& stream, std::uint32_t error);
  void submit(Stream& stream, Response response);
  void leave();
  void close(std::uint32_t error);

  SessionContext& context_;
  Output& out_;
  FrameBudget budget_;
  Session session_;
  Streams receiving_;  // oldest first
  Streams whole_;      // waiting for take() or for an answer
  Streams sending_;    // answered
  Streams spare_;
  std::vector<std::int32_t> ready_;  // whole and not taken, oldest first
  std::size_t next_ready_ = 0;
  std::vector<std::int32_t> answered_;  // since the last flush()
  std::size_t unread_ = 0;
  std::size_t header_list_octets_ = 0;  // of the header that is coming in, decoded
  std::vector<nghttp2_nv> fields_;      // scratch
  SteadyTime idle_since_;               // the connection began, or a request was done
  bool asked_ = false;                  // at least once
  bool flooded_ = false;
  bool settled_ = false;  // the client's SETTINGS came
  bool leaving_ = false;  // GOAWAY is said, since the context is leaving
  bool closing_ = false;
};

}  // namespace msggw::http
