// SPDX-License-Identifier: Apache-2.0
// bench_mqtt_echo BROKER_PORT [SECONDS [CA]]: the yardstick for MQTT registrations. What
// libmosquitto can do by itself on an epoll loop of its own: each QoS 1 publication on
// `x/+/register` is answered by a QoS 1 publication of a fixed body on `x/<id>/registration`. No
// JSON, no tables, no store. Ends after SECONDS, or at SIGINT/SIGTERM, and prints what it did. With
// CA, a PEM file, over TLS.
#include <mosquitto.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view kBody =
    R"({"privateId":"001b638445e6","serviceId":"1234567890@msgin5g.example","serverServiceIds":)"
    R"(["server@msgin5g.example"],"serviceInfo":{"segmentSize":2048},"state":"provisioned"})";
constexpr int kPacketsATurn = 16'384;  // what TLS has decrypted makes no socket readable

volatile std::sig_atomic_t stopped = 0;

struct Echo {
  unsigned long answered = 0;
  unsigned long acknowledged = 0;
  std::string topic;
};

extern "C" {

void on_signal(int) noexcept {
  stopped = 1;
}

void on_connect(mosquitto* client, void*, int) noexcept {
  mosquitto_subscribe(client, nullptr, "x/+/register", 1);
}

void on_message(mosquitto* client, void* data, const mosquitto_message* message) noexcept {
  auto& echo = *static_cast<Echo*>(data);
  echo.topic = message->topic;
  echo.topic.replace(echo.topic.rfind('/'), std::string::npos, "/registration");
  mosquitto_publish(client, nullptr, echo.topic.c_str(), kBody.size(), kBody.data(), 1, false);
  ++echo.answered;
  errno = 0;  // else loop_read takes what publishing left there for an empty socket
}

void on_publish(mosquitto*, void* data, int) noexcept {
  ++static_cast<Echo*>(data)->acknowledged;
}

}  // extern "C"

bool turn(mosquitto* client, int epoll) {
  epoll_event event{};
  event.events = EPOLLIN | (mosquitto_want_write(client) ? EPOLLOUT : 0U);
  epoll_ctl(epoll, EPOLL_CTL_MOD, mosquitto_socket(client), &event);
  if (epoll_wait(epoll, &event, 1, 1000) < 0) return errno == EINTR;
  for (int i = 0; i < kPacketsATurn; ++i) {
    errno = 0;
    if (mosquitto_loop_read(client, 1) != MOSQ_ERR_SUCCESS) return false;
    if (errno == EAGAIN) break;
  }
  if (mosquitto_want_write(client) && mosquitto_loop_write(client, 1) != MOSQ_ERR_SUCCESS)
    return false;
  return mosquitto_loop_misc(client) == MOSQ_ERR_SUCCESS;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return double(t.tv_sec) + double(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench_mqtt_echo BROKER_PORT [SECONDS [CA]]\n");
    return 2;
  }
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  Echo echo;
  mosquitto_lib_init();
  mosquitto* const client = mosquitto_new("bench-echo", true, &echo);
  const int no_delay = 1;
  mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, no_delay);
  mosquitto_int_option(client, MOSQ_OPT_SEND_MAXIMUM, 128);
  mosquitto_connect_callback_set(client, on_connect);
  mosquitto_message_callback_set(client, on_message);
  mosquitto_publish_callback_set(client, on_publish);
  if (argc > 3) mosquitto_tls_set(client, argv[3], nullptr, nullptr, nullptr, nullptr);
  if (mosquitto_connect(client, "127.0.0.1", std::atoi(argv[1]), 60) != MOSQ_ERR_SUCCESS) {
    std::fprintf(stderr, "no broker on 127.0.0.1:%s\n", argv[1]);
    return 1;
  }
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  epoll_ctl(epoll, EPOLL_CTL_ADD, mosquitto_socket(client), &event);
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::seconds(argc > 2 ? std::atoi(argv[2]) : 1'000'000);
  std::printf("ready\n");
  std::fflush(stdout);
  while (stopped == 0 && std::chrono::steady_clock::now() < end && turn(client, epoll)) {
  }
  const double cpu = cpu_seconds();
  std::printf("answered %lu acknowledged %lu cpu_us_each %.2f\n", echo.answered, echo.acknowledged,
              echo.answered == 0 ? 0.0 : cpu * 1e6 / double(echo.answered));
  mosquitto_destroy(client);
  mosquitto_lib_cleanup();
  return 0;
}
