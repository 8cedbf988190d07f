/*
 * Shapes on a canvas, kept by name in a map; the canvas also remembers the one that is selected.
 *
 * The mistake: removing a shape deletes it, but the canvas keeps its selection, and moves it
 * afterwards.
 */
#include <cstdio>
#include <map>
#include <memory>
#include <string>

namespace {

class Shape {
public:
    Shape(double x, double y) : x_(x), y_(y) {}
    virtual ~Shape() = default;
    virtual double area() const = 0;

    void moveTo(double x, double y)
    {
        x_ = x;
        y_ = y;
    }

private:
    double x_;
    double y_;
};

class Circle : public Shape {
public:
    Circle(double x, double y, double radius) : Shape(x, y), radius_(radius) {}
    double area() const override { return 3.14159265358979 * radius_ * radius_; }

private:
    double radius_;
};

class Rectangle : public Shape {
public:
    Rectangle(double x, double y, double width, double height)
        : Shape(x, y), width_(width), height_(height)
    {
    }
    double area() const override { return width_ * height_; }

private:
    double width_;
    double height_;
};

class Canvas {
public:
    void add(const std::string &name, std::unique_ptr<Shape> shape)
    {
        shapes_[name] = std::move(shape);
    }

    void select(const std::string &name) { selected_ = shapes_.at(name).get(); }

    void remove(const std::string &name) { shapes_.erase(name); }

    void moveSelected(double x, double y) { selected_->moveTo(x, y); }

    double area() const
    {
        double sum = 0;
        for (const auto &[name, shape] : shapes_) {
            sum += shape->area();
        }
        return sum;
    }

private:
    std::map<std::string, std::unique_ptr<Shape>> shapes_;
    Shape *selected_ = nullptr;
};

} // namespace

int main()
{
    Canvas canvas;
    canvas.add("sun", std::make_unique<Circle>(4, 9, 1));
    canvas.add("house", std::make_unique<Rectangle>(0, 0, 6, 4));
    canvas.add("door", std::make_unique<Rectangle>(1, 0, 1, 2));
    std::printf("area: %.2f\n", canvas.area());

    canvas.select("door");
    canvas.remove("door");
    canvas.moveSelected(2, 0);
    std::printf("area: %.2f\n", canvas.area());
    return 0;
}
