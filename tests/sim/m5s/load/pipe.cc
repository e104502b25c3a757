// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/load/pipe.h"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <utility>

namespace msggw::m5s {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr Span kLookEvery{50};

unsigned status_of(const Fields& fields) {
  const std::string_view text = field(fields, ":status");
  unsigned status = 0;
  std::from_chars(text.data(), text.data() + text.size(), status);
  return status;
}

}  // namespace

/// It lives as long as something is under way on it.
class Pipe::Connection : public std::enable_shared_from_this<Connection> {
 public:
  explicit Connection(Pipe& pipe) : pipe_(&pipe), io_(pipe.io_), socket_(pipe.io_) {}

  void start(const base::Uri& root) {
    error_code wrong;
    const auto address = boost::asio::ip::make_address(root.host.text(), wrong);
    if (wrong) return later([](Connection& self) { self.end(); });
    authority_ = base::to_string(base::Address{root.host, root.port});
    socket_.async_connect({address, root.port},
                          [self = shared_from_this()](const error_code& refused) {
                            if (refused || self->ended_) return self->end();
                            self->socket_.set_option(tcp::no_delay(true));
                            self->connected_ = true;
                            self->write();
                            self->read();
                          });
  }

  /// False: no further request can go on this connection.
  bool post(std::uint64_t tag, std::string path, std::string& body, bool is_urgent, Span within) {
    if (ended_ || http2_.is_over()) return false;
    Fields fields{{":method", "POST"},
                  {":scheme", "http"},
                  {":authority", authority_},
                  {":path", std::move(path)},
                  {"content-type", "application/json"}};
    if (is_urgent) fields.emplace_back("3gpp-sbi-message-priority", "0");
    const std::int32_t stream = http2_.ask(fields, std::move(body));
    if (stream < 0) return false;
    calls_.emplace(stream, Call{tag, Clock::now() + within});
    if (!std::exchange(is_to_write_, true)) later([](Connection& self) { self.write(); });
    return true;
  }

  bool is_overdue() const {
    return !ended_ && !calls_.empty() && calls_.begin()->second.until <= Clock::now();
  }
  void end() {
    if (std::exchange(ended_, true)) return;
    error_code ignored;
    socket_.close(ignored);
    for (const auto& [stream, call] : std::exchange(calls_, {})) tell(call.tag, 0);
  }
  /// Nobody wants answers any more.
  void leave() {
    pipe_ = nullptr;
    end();
  }

 private:
  struct Call {
    std::uint64_t tag;
    Clock::time_point until;
  };

  void later(void (*what)(Connection&)) {
    boost::asio::post(io_, [self = shared_from_this(), what] { what(*self); });
  }
  void tell(std::uint64_t tag, unsigned status) {
    if (pipe_ != nullptr) pipe_->answered_(tag, status);
  }

  void read() {
    socket_.async_read_some(boost::asio::buffer(octets_),
                            [self = shared_from_this()](const error_code& error, std::size_t size) {
                              if (self->ended_) return;
                              if (error || !self->http2_.receive({self->octets_.data(), size}))
                                return self->end();
                              for (const Http2::Heard& heard : self->http2_.take_heard())
                                self->answer(heard.stream, status_of(heard.fields));
                              for (const std::int32_t stream : self->http2_.take_lost())
                                self->answer(stream, 0);
                              if (self->http2_.is_over()) return self->end();
                              self->write();
                              if (!self->ended_) self->read();
                            });
  }

  void answer(std::int32_t stream, unsigned status) {
    const auto call = calls_.extract(stream);
    if (!call.empty()) tell(call.mapped().tag, status);
  }

  void write() {
    is_to_write_ = false;
    if (!connected_ || ended_ || !output_.empty()) return;
    output_ = http2_.take_output();
    if (output_.empty()) return;
    boost::asio::async_write(socket_, boost::asio::buffer(output_),
                             [self = shared_from_this()](const error_code& error, std::size_t) {
                               self->output_.clear();
                               if (error) return self->end();
                               self->write();
                             });
  }

  Pipe* pipe_;
  boost::asio::io_context& io_;
  tcp::socket socket_;
  std::string authority_;
  Http2 http2_{Http2::Side::client};
  std::map<std::int32_t, Call> calls_;
  std::array<char, 64 * 1024> octets_;
  std::string output_;
  bool connected_ = false;
  bool is_to_write_ = false;
  bool ended_ = false;
};

Pipe::Pipe(boost::asio::io_context& io, Span answer_within, Answered answered)
    : io_(io), answer_within_(answer_within), answered_(std::move(answered)), timer_(io) {
  watch();
}

Pipe::~Pipe() {
  if (connection_) connection_->leave();
}

void Pipe::watch() {
  timer_.expires_after(kLookEvery);
  timer_.async_wait([this](const error_code& stop) {
    if (stop) return;
    const auto kept = connection_;  // who hears of the end may make another
    if (kept && kept->is_overdue()) kept->end();
    watch();
  });
}

void Pipe::post(std::uint64_t tag, const char* path, std::string body, bool is_urgent) {
  std::string whole = root_->path + path;
  if (connection_ && connection_->post(tag, whole, body, is_urgent, answer_within_)) return;
  connection_ = std::make_shared<Connection>(*this);
  connection_->start(*root_);
  connection_->post(tag, std::move(whole), body, is_urgent, answer_within_);
}

}  // namespace msggw::m5s
