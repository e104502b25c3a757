// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/test_peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <sstream>
#include <stdexcept>

#include "gateway/base/metrics.h"

namespace msggw::http::test {

namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void must(bool good, const std::string& what) {
  if (!good) throw std::runtime_error(what);
}

std::string describe(const Request& request) {
  std::ostringstream out;
  out << "method=" << request.method << "\npath=" << request.path << "\nquery=" << request.query
      << "\ncontent_type=" << request.content_type << "\naccept=" << request.accept
      << "\nauthorization=" << request.authorization
      << "\nmessage_priority=" << request.message_priority << "\nversion=" << request.version
      << "\nclient_name=" << (request.client_names.empty() ? "" : request.client_names[0])
      << "\nbody=" << request.body.size() << "\nhost=" << request.host << "\n";
  return out.str();
}

}  // namespace

bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kLong;
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return condition();
}

ServerTls Certificates::server(bool ask_client) const {
  return {pem("server"), key("server"), ask_client ? pem("ca") : std::filesystem::path()};
}

ClientTls Certificates::client(bool with_certificate) const {
  if (!with_certificate) return {pem("ca"), {}, {}};
  return {pem("ca"), pem("client"), key("client")};
}

EchoServer::EchoServer(ServerOptions options)
    : address_(options.address), tls_(options.tls.has_value()) {
  options.name = "test";
  server_.emplace(
      base::Context{io_, clock_, metrics_}, options,
      [this](const Request& request, const Responder& responder) { handle(request, responder); });
  port_ = server_->port();
  thread_ = std::jthread([this] { io_.run(); });
}

EchoServer::~EchoServer() {
  io_.stop();
}  // and the thread is joined first

void EchoServer::stop() {
  std::promise<void> done;
  boost::asio::post(io_, [&] {
    server_.reset();
    done.set_value();
  });
  done.get_future().wait();
}

void EchoServer::move_to(ServerOptions options) {
  options.name = "test";
  std::promise<void> done;
  boost::asio::post(io_, [&] {
    try {
      server_->take(server_->prepare(options));
      port_ = server_->port();
      address_ = options.address;
      tls_ = options.tls.has_value();
      done.set_value();
    } catch (...) {
      done.set_exception(std::current_exception());
    }
  });
  done.get_future().get();
}

std::string EchoServer::url(std::string_view path) const {
  return (tls_ ? "https://" : "http://") + base::to_string(base::Host(address_)) + ":" +
         std::to_string(port_) + std::string(path);
}

double EchoServer::metric(const std::string& name, const std::string& label) const {
  for (const auto& family : metrics_.Collect()) {
    if (family.name != "msggw_http_" + name) continue;
    for (const auto& metric : family.metric) {
      const bool found =
          label.empty() || std::any_of(metric.label.begin(), metric.label.end(),
                                       [&](const auto& l) { return l.value == label; });
      if (found) return metric.counter.value + metric.gauge.value;
    }
  }
  throw std::runtime_error("no metric " + name + " " + label);
}

void EchoServer::release() {
  std::promise<void> done;
  boost::asio::post(io_, [&] {
    release_now();
    done.set_value();
  });
  done.get_future().wait();
}

void EchoServer::release_now() {
  for (auto held = held_.rbegin(); held != held_.rend(); ++held) {
    held->respond({200, "text/plain", "held", {}});
  }
  held_.clear();
}

void EchoServer::handle(const Request& request, const Responder& responder) {
  const auto number = [&] { return std::stoul("0" + std::string(request.query)); };
  Response response;
  response.content_type = "text/plain";
  if (request.path == "/echo") {
    response.content_type = request.content_type;
    response.body = request.body;
  } else if (request.path == "/describe") {
    response.body = describe(request);
  } else if (request.path == "/hold") {
    return held_.push_back(responder);
  } else if (request.path == "/keep") {
    responder.keep(true);
    response.body = "kept";
  } else if (request.path == "/release") {
    release_now();
  } else if (request.path == "/big") {
    response.body.assign(number(), 'b');
  } else if (request.path == "/status") {
    response.status = static_cast<unsigned>(number());
    response.body = "text";
    response.headers = {{"location", "/elsewhere"}, {"retry-after", "7"}};
  } else if (request.path == "/broken") {
    response.headers.emplace_back("location", "/x\r\nset-cookie: stolen=1");
  } else if (request.path == "/twice") {
    response.body = "first";
    responder.respond(std::move(response));
    return responder.respond({200, "text/plain", "second", {}});
  } else if (request.path == "/damaged") {
    response.body = "0123456789";
    const Damage damage = request.query == "half" ? Damage::half : Damage::twice;
    return responder.respond(std::move(response), damage);
  } else if (request.path == "/reset") {
    return responder.reset();
  } else if (request.path == "/close-me") {
    return server_.reset();
  } else {
    response.status = 404;
  }
  responder.respond(std::move(response));
}

RawSocket::RawSocket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const sockaddr_in address = loopback(port);
  must(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
       "connect");
}

bool RawSocket::send(std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t sent = ::send(fd_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    octets.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string RawSocket::receive(const std::function<bool(const std::string&)>& enough) {
  std::string all;
  char octets[65536];
  while (!enough(all)) {
    pollfd wait{fd_.get(), POLLIN, 0};
    must(::poll(&wait, 1, static_cast<int>(std::chrono::milliseconds(kLong).count())) == 1,
         "the peer neither sends nor closes; so far: " + all);
    const ssize_t size = ::recv(fd_.get(), octets, sizeof octets, 0);
    if (size <= 0) break;
    all.append(octets, static_cast<std::size_t>(size));
  }
  return all;
}

std::string RawSocket::receive_all() {
  return receive([](const std::string&) { return false; });
}

std::string RawSocket::receive_until(std::string_view end) {
  return receive([end](const std::string& all) { return all.find(end) != std::string::npos; });
}

void RawSocket::shutdown_send() {
  ::shutdown(fd_.get(), SHUT_WR);
}

void RawSocket::reset() {
  const linger hard{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  fd_.reset();
}

RawServer::RawServer(std::function<void(RawSocket&)> talk)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  must(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0, "bind");
  must(::listen(listener_.get(), 64) == 0, "listen");
  ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this, talk = std::move(talk)](const std::stop_token& stop) {
    std::vector<RawSocket> kept;  // an open connection stays so to the end
    while (!stop.stop_requested()) {
      pollfd wait{listener_.get(), POLLIN, 0};
      if (::poll(&wait, 1, 20) != 1) continue;
      kept.emplace_back(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      talk(kept.back());
    }
  });
}

RawServer::~RawServer() {
  thread_ = {};
}

std::string RawServer::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

Output run(const std::string& command) {
  Output output;
  std::FILE* pipe = ::popen(("(" + command + ") 2>&1").c_str(), "re");
  must(pipe != nullptr, "popen");
  char octets[4096];
  while (const std::size_t size = std::fread(octets, 1, sizeof octets, pipe)) {
    output.text.append(octets, size);
  }
  output.status = WEXITSTATUS(::pclose(pipe));
  return output;
}

ClientRequest to(const std::string& url) {
  const auto query = url.find('?');
  ClientRequest request;
  request.url = base::parse_uri(url.substr(0, query)).value();
  if (query != std::string::npos) request.query = url.substr(query + 1);
  return request;
}

ClientRequest post(const std::string& url, std::string body) {
  ClientRequest request = to(url);
  request.content_type = "text/plain";
  request.body = std::move(body);
  return request;
}

std::string line_of(const std::string& text, const std::string& name) {
  const auto at = text.find(name + "=");
  if (at == std::string::npos) return "none";
  const auto begin = at + name.size() + 1;
  return text.substr(begin, text.find('\n', at) - begin);
}

base::Result<ClientResponse> fetch(boost::asio::io_context& io, Client& client,
                                   ClientRequest request) {
  std::optional<base::Result<ClientResponse>> answer;
  client.start(std::move(request),
               [&](base::Result<ClientResponse> result) { answer = std::move(result); });
  must(!answer, "Done was called from inside start()");
  const auto end = std::chrono::steady_clock::now() + kLong;
  io.restart();  // it may have had nothing to do before
  while (!answer && std::chrono::steady_clock::now() < end) io.run_one_for(std::chrono::seconds(1));
  must(answer.has_value(), "Done was not called");
  return *std::move(answer);
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size())) {
    ++found;
  }
  return found;
}

}  // namespace msggw::http::test
