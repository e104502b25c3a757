// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/server.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <stdexcept>
#include <utility>

namespace msggw::smsc {
namespace {

constexpr auto kTick = std::chrono::milliseconds(50);
constexpr auto kLeastWait = std::chrono::milliseconds(1);
namespace ssl = boost::asio::ssl;

std::unique_ptr<ssl::context> tls_context(const TlsFiles& files) {
  if (files.certificate.empty()) return nullptr;
  auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
  context->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                       ssl::context::no_tlsv1_1);
  const auto check = [](const boost::system::error_code& error, const std::string& file) {
    if (error) throw std::runtime_error(file + ": " + error.message());
  };
  boost::system::error_code error;
  check(context->use_certificate_chain_file(files.certificate, error), files.certificate);
  check(context->use_private_key_file(files.key, ssl::context::pem, error), files.key);
  if (!files.client_ca.empty()) {
    check(context->load_verify_file(files.client_ca, error), files.client_ca);
    context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  }
  return context;
}

}  // namespace

void listen(boost::asio::ip::tcp::acceptor& acceptor, const boost::asio::ip::tcp::endpoint& at,
            const char* option) {
  try {
    acceptor.open(at.protocol());
    acceptor.set_option(boost::asio::socket_base::reuse_address(true));
    acceptor.bind(at);
    acceptor.listen();
  } catch (const boost::system::system_error& e) {
    throw std::runtime_error(at.address().to_string() + ":" + std::to_string(at.port()) + ": " +
                             e.code().message() + "; choose another one with " + option);
  }
}

Server::Server(boost::asio::io_context& io, Centre& centre,
               const boost::asio::ip::tcp::endpoint& at, const TlsFiles& tls)
    : io_(io),
      centre_(centre),
      tls_(tls_context(tls)),
      acceptor_(io),
      due_(io),
      tick_(io),
      accept_again_(io) {
  listen(acceptor_, at, "--smpp");
}

Server::~Server() {
  for (const auto& link : links()) link->end(Link::End::close);
}

void Server::start() {
  accept();
  tick();
}

void Server::accept() {
  acceptor_.async_accept([this](const boost::system::error_code& error, Stream::Socket socket) {
    if (error == boost::asio::error::operation_aborted) return;
    if (error) {  // out of descriptors, say: the ones that are there go on
      accept_again_.expires_after(kTick);
      accept_again_.async_wait([this](const boost::system::error_code& stop) {
        if (!stop) accept();
      });
      return;
    }
    take(std::move(socket));
    accept();
  });
}

void Server::take(Stream::Socket socket) {
  centre_.read_clock();
  if (centre_.now() < refuse_until_ || links_.size() >= kMostLinks) {
    ++centre_.counters().connections_refused;
    return;  // the socket's destructor closes it
  }
  ++centre_.counters().connections;
  const auto link = std::make_shared<Link>(*this, std::move(socket), tls_.get());
  links_.emplace(link->session().number(), link);
  link->start();
}

void Server::forget(Link& link) {
  links_.erase(link.session().number());
  touch();
}

void Server::wants_flush(Link& link) {
  unflushed_.push_back(link.weak_from_this());
  touch();
}

void Server::touch() {
  if (turning_) return;
  turning_ = true;
  // Behind the events that have happened already, so that their output goes together.
  boost::asio::post(io_, [this] { turn(); });
}

void Server::turn() {
  centre_.read_clock();
  centre_.run_due();
  centre_.pump();
  turning_ = false;
  for (const auto& unflushed : std::exchange(unflushed_, {})) {
    if (const auto link = unflushed.lock()) link->flush();
  }
  arm();
}

void Server::arm() {
  const auto due = centre_.next_due();
  if (!due || (armed_ && *armed_ <= *due)) return;
  armed_ = due;
  due_.expires_after(std::max<Instant>(*due - centre_.now(), kLeastWait));
  due_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    armed_.reset();
    touch();
  });
}

void Server::tick() {
  tick_.expires_after(kTick);
  tick_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    centre_.read_clock();
    for (const auto& link : links()) link->check_times();
    if (on_tick_) on_tick_();
    touch();
    tick();
  });
}

std::vector<std::shared_ptr<Link>> Server::links() const {
  std::vector<std::shared_ptr<Link>> all;
  all.reserve(links_.size());
  for (const auto& [number, link] : links_) all.push_back(link);
  return all;
}

std::size_t Server::cut(std::string_view account, Cut how) {
  std::size_t count = 0;
  for (const auto& link : links()) {
    Session& session = link->session();
    if (!account.empty() && (session.account() == nullptr || session.account()->name != account)) {
      continue;
    }
    ++count;
    switch (how) {
      case Cut::reset: link->end(Link::End::reset); break;
      case Cut::close: link->finish(); break;
      case Cut::unbind: session.unbind(); break;
      case Cut::silent: link->be_silent(); break;
    }
  }
  return count;
}

std::size_t Server::enquire() {
  std::size_t count = 0;
  for (const auto& link : links()) {
    if (link->session().account() == nullptr) continue;
    link->session().enquire();
    ++count;
  }
  return count;
}

std::size_t Server::write_raw(std::string_view octets) {
  std::size_t count = 0;
  for (const auto& link : links()) {
    if (link->session().account() == nullptr) continue;
    link->session().write_raw(octets);
    ++count;
  }
  return count;
}

}  // namespace msggw::smsc
